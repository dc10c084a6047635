"""Conversations as people store them: chat messages, ShareGPT turns, plain lists of user turns."""

from __future__ import annotations

from typing import Any

import orjson

from reviewer.exchange.rows import FieldFault, OutputRow, kind_of

Turn = dict[str, str]

_ROLES = {"human": "user", "gpt": "assistant", "bot": "assistant", "ai": "assistant", "model": "assistant"}


def turns_of(value: object, name: str) -> list[Turn]:
    """Turns {"role", "text"} from a list of messages or of user texts; raises FieldFault naming the place."""
    if not isinstance(value, list):
        raise FieldFault(f"{name} must be a list of messages, not {kind_of(value)}.")
    if not value:
        raise FieldFault(f"{name} is empty.")
    turns: list[Turn] = []
    for index, message in enumerate(value):
        if isinstance(message, str):
            turns.append({"role": "user", "text": message})
        elif isinstance(message, dict):
            turns.extend(_of_message(message, f"{name}[{index}]"))
        else:
            raise FieldFault(f"{name}[{index}] must be a message, not {kind_of(message)}.")
    return turns


def split_chat(turns: list[Turn]) -> tuple[list[Turn], list[Turn]]:
    """The prompt, and the assistant's last turns after it (none when the chat ends with the user)."""
    last_user = max((i for i, turn in enumerate(turns) if turn["role"] == "user"), default=-1)
    prompt, answer = turns[: last_user + 1], turns[last_user + 1 :]
    if last_user < 0 or not any(turn["role"] == "assistant" for turn in answer):
        return turns, []
    return prompt, answer


def as_parts(turns: list[Turn]) -> list[dict[str, str]]:
    """Turns as the parts of an output."""
    return [
        {
            "role": turn["role"],
            "kind": turn.get("kind", "text"),
            "name": turn.get("name", ""),
            "text": turn["text"],
        }
        for turn in turns
    ]


def prose_of(parts: list[dict[str, str]]) -> str:
    """What the assistant said in these parts, as one text."""
    said = [part["text"] for part in parts if part["role"] == "assistant" and part["kind"] == "text"]
    return "\n\n".join(said or [part["text"] for part in parts])


def output_of(
    turns: list[Turn], system: str = "", version: str = "", sample: int = 0, *, plain: bool = True
) -> OutputRow:
    """An output of these turns: plain text when a single assistant turn says it all."""
    parts = as_parts(turns)
    if plain and len(parts) == 1 and parts[0]["role"] == "assistant" and parts[0]["kind"] == "text":
        return OutputRow(parts[0]["text"], [], system, version, sample)
    return OutputRow(prose_of(parts), parts, system, version, sample)


def parts_of(value: object, name: str) -> list[dict[str, str]]:
    """The native parts {"role", "kind", "name", "text"} of an output; raises FieldFault naming the place."""
    if not isinstance(value, list) or not value:
        raise FieldFault(f"{name} must be a list of parts that is not empty.")
    parts: list[dict[str, str]] = []
    for index, given in enumerate(value):
        where = f"{name}[{index}]"
        if not isinstance(given, dict):
            raise FieldFault(f"{where} must be an object, not {kind_of(given)}.")
        if isinstance(given.get("text"), str):
            part = {"role": "assistant", "kind": "text", "name": "", "text": given["text"]}
            for field in ("role", "kind", "name"):
                if given.get(field) is not None:
                    part[field] = _word(given[field], f"{where}.{field}")
            parts.append(part)
        else:
            parts.extend(as_parts(_of_message(given, where)))
    return parts


def _of_message(message: dict[str, Any], where: str) -> list[Turn]:
    speaker = message.get("role", message.get("from"))
    if speaker is None:
        raise FieldFault(f"{where} has no role.")
    role = _word(speaker, f"{where}.role").strip().lower()
    turn: Turn = {"role": _ROLES.get(role, role) or "user", "text": ""}
    calls = _calls_of(message.get("tool_calls"), turn["role"], where)
    content = next((message[key] for key in ("content", "value", "text") if message.get(key) is not None), None)
    if content is None and not calls:
        raise FieldFault(f"{where} has no content.")
    if role in ("tool", "function"):
        turn["kind"] = "tool_result"
        turn["name"] = message["name"] if isinstance(message.get("name"), str) else ""
    if content is not None:
        turn["text"] = content if isinstance(content, str) else _joined(content, where)
    return [turn, *calls] if turn["text"] or not calls else calls


def _calls_of(value: object, role: str, where: str) -> list[Turn]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise FieldFault(f"{where}.tool_calls must be a list, not {kind_of(value)}.")
    calls: list[Turn] = []
    for index, call in enumerate(value):
        function = call.get("function", call) if isinstance(call, dict) else None
        if not isinstance(function, dict):
            raise FieldFault(f"{where}.tool_calls[{index}] must be an object.")
        name = function.get("name")
        arguments = function.get("arguments", function.get("args", ""))
        calls.append(
            {
                "role": role,
                "kind": "tool_call",
                "name": name if isinstance(name, str) else "",
                "text": arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode(),
            }
        )
    return calls


def _joined(content: object, where: str) -> str:
    if not isinstance(content, list):
        raise FieldFault(f"{where}.content must be text, not {kind_of(content)}.")
    texts: list[str] = []
    for index, piece in enumerate(content):
        text = piece.get("text") if isinstance(piece, dict) else piece
        if not isinstance(text, str):
            raise FieldFault(f"{where}.content[{index}] is not text; only text can be judged here.")
        texts.append(text)
    return "\n".join(texts)


def _word(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise FieldFault(f"{where} must be text, not {kind_of(value)}.")
    return value
