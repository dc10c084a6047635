"""A parsed record becomes an `ItemRow`, or a `Reject` whose reason names the field.

Texts are taken to be free of NUL and lone surrogates: `records.loads` and the table reader see to it.
"""

from __future__ import annotations

import math
from typing import Any

from reviewer.exchange import healthbench
from reviewer.exchange.columns import Plan, plan_of
from reviewer.exchange.messages import (
    Turn,
    output_of,
    parts_of,
    prose_of,
    split_chat,
    turns_of,
)
from reviewer.exchange.rows import FieldFault, ItemRow, OutputRow, Reject, kind_of

_EXACT = 2**53


def build(record: dict[Any, Any], plan: Plan, line: int, raw: bytes = b"", escaped: int = 0) -> ItemRow | Reject:
    """The row of one record under the plan of its field names."""
    try:
        if plan.health:
            record = healthbench.native_of(record)
            plan = plan_of(tuple(record))
        return _built(record, plan, line, raw, escaped)
    except FieldFault as fault:
        return Reject(line, str(fault), raw)


def _built(record: dict[Any, Any], plan: Plan, line: int, raw: bytes, escaped: int) -> ItemRow:
    get = record.get
    key = get(plan.id, "")
    if type(key) is not str:
        key = _word(key, plan.id)
    system = get(plan.system, "")
    if type(system) is not str:
        system = _word(system, plan.system)
    version = _word(get(plan.version), plan.version) if plan.version is not None else ""
    sample = _count(get(plan.sample), plan.sample) if plan.sample is not None else 0
    text = get(plan.output)
    if type(text) is str and plan.outputs is None and not plan.columns:
        outputs = [OutputRow(text, [], system, version, sample)]
    else:
        outputs = _outputs(record, plan, system, version, sample)
    prompt_text = get(plan.prompt)
    unread: list[str] = []
    if type(prompt_text) is str and plan.prompt_more is None and (plan.messages is None or outputs):
        prompt = [{"role": "user", "text": prompt_text}]
        if plan.messages is not None:
            unread.append(plan.messages)
    else:
        prompt, unread = _prompt(record, plan, outputs, system, version, sample)
    if plan.system_prompt is not None and get(plan.system_prompt):
        prompt.insert(0, {"role": "system", "text": _text(get(plan.system_prompt), plan.system_prompt)})
    if all(not turn["text"] or turn["text"].isspace() for turn in prompt):
        raise FieldFault(f"{plan.prompt or plan.messages or 'prompt'} is empty.")
    if len(outputs) > 1:
        _without_doubles(outputs)
    context = get(plan.context)
    reference = get(plan.reference)
    meta = get(plan.metadata)
    if meta is None:
        meta = {}
    elif type(meta) is not dict:
        raise FieldFault(f"{plan.metadata} must be an object, not {kind_of(meta)}.")
    if plan.columns:
        unread = [*unread, *_not_texts(record, plan)]
    if plan.rest or unread:
        extra = {name: record[name] for name in (*plan.rest, *unread) if get(name) is not None}
        meta = {**extra, **meta}
    tags = get(plan.tags)
    rubric = get(plan.rubric)
    if rubric is not None and type(rubric) is not dict:
        raise FieldFault(f"{plan.rubric} must be an object, not {kind_of(rubric)}.")
    return ItemRow(
        line,
        key,
        prompt,
        [] if context is None else _context(context, plan.context or "context"),
        reference if reference is None or type(reference) is str else _reference(reference, plan.reference),
        outputs,
        meta,
        [] if tags is None else _tags(tags, plan.tags or "tags"),
        rubric,
        raw,
        escaped,
    )


def _prompt(
    record: dict[Any, Any], plan: Plan, outputs: list[OutputRow], system: str, version: str, sample: int
) -> tuple[list[Turn], list[str]]:
    """The prompt's turns, and the fields that were not needed for it; a chat may add its last answer to `outputs`."""
    value = record.get(plan.prompt)
    chat = record.get(plan.messages)
    if chat is not None and (value is None or not outputs):
        turns = turns_of(chat, plan.messages or "messages")
        if not outputs:
            turns, answer = split_chat(turns)
            if answer:
                outputs.append(output_of(answer, system, version, sample))
        return turns, [name for name in (plan.prompt, plan.prompt_more) if name is not None]
    unread = [] if chat is None or plan.messages is None else [plan.messages]
    if value is None and outputs:
        shared = _opening(outputs)
        if shared:
            return shared, unread
    if value is None and plan.prompt_more is not None:
        value = ""
    if isinstance(value, list):
        return turns_of(value, plan.prompt or "prompt"), unread
    if value is None:
        fields = ", ".join(repr(name[:60]) for name in plan.names[:20]) or "none"
        raise FieldFault(f"prompt is missing; the fields are: {fields}.")
    text = _text(value, plan.prompt)
    more = record.get(plan.prompt_more)
    if more is not None:
        added = _text(more, plan.prompt_more)
        if added.strip():
            text = f"{text}\n\n{added}" if text.strip() else added
    return [{"role": "user", "text": text}], unread


def _opening(outputs: list[OutputRow]) -> list[Turn]:
    """The first user turns that whole conversations given as outputs have in common, taken out of them."""
    openings = []
    for output in outputs:
        first_answer = next((i for i, part in enumerate(output.parts) if part["role"] == "assistant"), 0)
        openings.append([{"role": part["role"], "text": part["text"]} for part in output.parts[:first_answer]])
    if not openings[0]:
        return []
    if any(opening != openings[0] for opening in openings):
        raise FieldFault("the conversations of this record begin with different prompts.")
    for output in outputs:
        output.parts = output.parts[len(openings[0]) :]
        output.text = prose_of(output.parts)
        if len(output.parts) == 1:
            output.parts = []
    return openings[0]


def _outputs(record: dict[Any, Any], plan: Plan, system: str, version: str, sample: int) -> list[OutputRow]:
    outputs: list[OutputRow] = []
    value = record.get(plan.output)
    if value is not None:
        outputs.append(_output(value, plan.output or "output", system, version, sample))
    listed = record.get(plan.outputs)
    if listed is not None:
        outputs.extend(_listed(listed, plan.outputs or "outputs", system, version))
    if plan.columns:
        counts: dict[str, int] = {}
        for column in plan.columns:
            given = record.get(column.column)
            if given is None or (column.guessed and not isinstance(given, str | list)):
                continue
            named = record.get(column.named_by)
            name = _word(named, column.named_by) if named is not None else column.system
            # One system twice in a row is two samples of it.
            number = counts.get(name, 0)
            counts[name] = number + 1
            outputs.append(_output(given, column.column, name, version, number))
    return outputs


def _not_texts(record: dict[Any, Any], plan: Plan) -> list[str]:
    return [c.column for c in plan.columns if c.guessed and not isinstance(record.get(c.column), str | list)]


def _output(value: object, name: str, system: str, version: str, sample: int) -> OutputRow:
    if isinstance(value, str):
        return OutputRow(value, [], system, version, sample)
    if isinstance(value, list) and value and all(isinstance(piece, dict) for piece in value):
        return output_of(turns_of(value, name), system, version, sample)
    raise FieldFault(f"{name} must be text, not {kind_of(value)}.")


def _listed(value: object, name: str, system: str, version: str) -> list[OutputRow]:
    if isinstance(value, str):
        return [OutputRow(value, [], system, version, 0)]
    if isinstance(value, dict):
        return [_output(given, f"{name}.{label}", label, version, 0) for label, given in value.items()]
    if not isinstance(value, list):
        raise FieldFault(f"{name} must be a list of outputs, not {kind_of(value)}.")
    outputs: list[OutputRow] = []
    for index, given in enumerate(value):
        where = f"{name}[{index}]"
        if isinstance(given, str):
            # Bare texts beside a named system are its samples; otherwise they are numbered systems.
            outputs.append(
                OutputRow(given, [], system, version, index) if system else OutputRow(given, [], str(index + 1))
            )
        elif isinstance(given, dict):
            outputs.append(_described(given, where, system, version))
        else:
            raise FieldFault(f"{where} must be an object or text, not {kind_of(given)}.")
    return outputs


def _described(given: dict[str, Any], where: str, system: str, version: str) -> OutputRow:
    get = given.get
    name = get("system", get("model"))
    named = system if name is None else _word(name, f"{where}.system")
    if get("version") is not None:
        version = _word(get("version"), f"{where}.version")
    sample = _count(get("sample"), f"{where}.sample")
    text = next((get(key) for key in ("text", "output", "response", "content") if get(key) is not None), None)
    if text is not None and not isinstance(text, str):
        raise FieldFault(f"{where}.text must be text, not {kind_of(text)}.")
    if get("parts") is not None:
        parts = parts_of(get("parts"), f"{where}.parts")
        return OutputRow(prose_of(parts) if text is None else text, parts, named, version, sample)
    if get("messages") is not None:
        turns = turns_of(get("messages"), f"{where}.messages")
        output = output_of(turns, named, version, sample)
        output.text = output.text if text is None else text
        return output
    if text is None:
        raise FieldFault(f"{where} has neither text nor parts.")
    return OutputRow(text, [], named, version, sample)


def _without_doubles(outputs: list[OutputRow]) -> None:
    seen: set[tuple[str, str, int]] = set()
    for output in outputs:
        known = (output.system, output.version, output.sample)
        if known in seen:
            version = f" version {output.version!r}" if output.version else ""
            raise FieldFault(
                f"outputs hold system {output.system!r}{version} sample {output.sample} twice; "
                "give each its own system, version or sample."
            )
        seen.add(known)


def _context(value: object, name: str) -> list[dict[str, str]]:
    if isinstance(value, str):
        return [{"title": "", "text": value, "source": ""}] if value.strip() else []
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise FieldFault(f"{name} must be text or a list of documents, not {kind_of(value)}.")
    documents: list[dict[str, str]] = []
    for index, given in enumerate(value):
        if type(given) is dict:
            text, title, source = given.get("text"), given.get("title", ""), given.get("source", "")
            if type(text) is str and type(title) is str and type(source) is str:
                documents.append({"title": title, "text": text, "source": source})
                continue
        documents.append(_document(given, f"{name}[{index}]"))
    return documents


def _document(given: object, where: str) -> dict[str, str]:
    if isinstance(given, str):
        return {"title": "", "text": given, "source": ""}
    if not isinstance(given, dict):
        raise FieldFault(f"{where} must be a document or text, not {kind_of(given)}.")
    get = given.get
    bodies = (get(key) for key in ("text", "content", "page_content", "passage"))
    text = next((body for body in bodies if body is not None), None)
    if text is None:
        raise FieldFault(f"{where} has no text.")
    return {
        "title": _word(get("title"), f"{where}.title"),
        "text": _text(text, f"{where}.text"),
        "source": _word(get("source", get("url")), f"{where}.source"),
    }


def _reference(value: object, name: str | None) -> str:
    if isinstance(value, list) and value and all(isinstance(text, str) for text in value):
        return "\n\n".join(value)
    if isinstance(value, bool | int | float):
        return "true" if value is True else "false" if value is False else str(value)
    raise FieldFault(f"{name} must be text, not {kind_of(value)}.")


def _tags(value: object, name: str) -> list[str]:
    if isinstance(value, str):
        value = [value] if value.strip() else []
    if not isinstance(value, list):
        raise FieldFault(f"{name} must be a list of texts, not {kind_of(value)}.")
    for index, tag in enumerate(value):
        if type(tag) is not str:
            raise FieldFault(f"{name}[{index}] must be text, not {kind_of(tag)}.")
    return list(dict.fromkeys(value)) if len(value) > 1 else value


def _text(value: object, name: str | None) -> str:
    if not isinstance(value, str):
        raise FieldFault(f"{name} must be text, not {kind_of(value)}.")
    return value


def _word(value: object, name: str | None) -> str:
    """A name or key: text, or a number that survives being written down."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FieldFault(f"{name} must be text, not {kind_of(value)}.")
    if isinstance(value, float):
        if not math.isfinite(value) or abs(value) >= _EXACT:
            raise FieldFault(f"{name} is a number too large to be kept exactly; put it in quotation marks.")
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _count(value: object, name: str | None) -> int:
    if value is None:
        return 0
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise FieldFault(
            f"{name} must be a whole number from 0, not {value if isinstance(value, int) else kind_of(value)}."
        )
    return value
