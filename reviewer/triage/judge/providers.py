"""What goes to a judge's endpoint and what comes back: OpenAI-compatible chat completions, and Anthropic's messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from reviewer.ids import digest
from reviewer.triage.judge.prompt import Asked
from reviewer.triage.judge.spec import JudgeSpec

_PATHS = {"openai": "/chat/completions", "anthropic": "/v1/messages"}
_ANTHROPIC_VERSION = "2023-06-01"
_TOOL = "answer"


class NoReply(Exception):
    """What an endpoint sent is not the answer of a model; the text says why."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered. `ended` is stop, length or refused; tokens are None where nobody counted them."""

    text: str
    ended: str = "stop"
    tokens_in: int | None = None
    tokens_out: int | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier answer that could not be used, and what is said about it."""

    answer: str
    repair: str


def address(spec: JudgeSpec) -> str:
    """Where questions are sent."""
    return spec.base_url.removesuffix("/") + _PATHS[spec.provider]


def headers(spec: JudgeSpec, key: str) -> dict[str, str]:
    """The headers of every call; without a key none is sent."""
    told = {"content-type": "application/json", "accept": "application/json"}
    if spec.provider == "anthropic":
        told["anthropic-version"] = _ANTHROPIC_VERSION
        return told | ({"x-api-key": key} if key else {})
    return told | ({"authorization": f"Bearer {key}"} if key else {})


def request(spec: JudgeSpec, asked: Asked, sample: int, before: Sequence[Exchange] = ()) -> bytes:
    """The body of a call, as JSON that is the same for the same question."""
    messages = [{"role": "user", "content": asked.user}]
    for one in before:
        # An assistant's message must not be empty.
        messages += [{"role": "assistant", "content": one.answer or "-"}, {"role": "user", "content": one.repair}]
    made = _anthropic(spec, asked, messages) if spec.provider == "anthropic" else _openai(spec, asked, sample, messages)
    # Not sorted: models give the properties of an answer in the order of the schema, the rationale first.
    return orjson.dumps(made)


def request_hash(spec: JudgeSpec, sample: int, body: bytes) -> str:
    """By what an answer is kept: where it was asked for, the sample's number and every byte of the question."""
    return digest([address(spec), sample, body.decode()])


def read(spec: JudgeSpec, content: bytes) -> Reply:
    """What a whole response says. Raises NoReply for one that is no answer of a model."""
    try:
        told = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise NoReply("the response is no JSON") from None
    if not isinstance(told, dict):
        raise NoReply("the response is no JSON object")
    if told.get("error"):
        raise NoReply("the response is an error")
    try:
        return _of_anthropic(told) if spec.provider == "anthropic" else _of_openai(told)
    except (KeyError, IndexError, TypeError, AttributeError):
        raise NoReply("the response has no message") from None


def _openai(spec: JudgeSpec, asked: Asked, sample: int, messages: list[dict[str, str]]) -> dict[str, Any]:
    parameters = spec.parameters
    made: dict[str, Any] = {
        "model": spec.model,
        "messages": [{"role": "system", "content": asked.system}, *messages],
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        "max_tokens": parameters.max_tokens,
        "max_completion_tokens": parameters.max_completion_tokens,
        "seed": None if parameters.seed is None else parameters.seed + sample,
    }
    made = {name: value for name, value in made.items() if value is not None}
    if spec.structured == "json_schema":
        wanted = {"name": _TOOL, "strict": True, "schema": asked.schema}
        made["response_format"] = {"type": "json_schema", "json_schema": wanted}
    elif spec.structured == "json_object":
        made["response_format"] = {"type": "json_object"}
    return made


def _anthropic(spec: JudgeSpec, asked: Asked, messages: list[dict[str, str]]) -> dict[str, Any]:
    parameters = spec.parameters
    made: dict[str, Any] = {
        "model": spec.model,
        "system": asked.system,
        "messages": messages,
        "max_tokens": parameters.longest,
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
    }
    made = {name: value for name, value in made.items() if value is not None}
    if spec.structured == "json_schema":
        made["tools"] = [{"name": _TOOL, "description": "Gives the answer.", "input_schema": asked.schema}]
        made["tool_choice"] = {"type": "tool", "name": _TOOL}
    return made


def _of_openai(told: dict[str, Any]) -> Reply:
    choice = told["choices"][0]
    message = choice["message"]
    refusal, text = message.get("refusal"), message.get("content")
    if isinstance(text, list):  # some servers send parts
        text = "".join(str(part.get("text", "")) for part in text)
    ended = {"length": "length", "content_filter": "refused"}.get(str(choice.get("finish_reason")), "stop")
    if refusal:
        text, ended = refusal, "refused"
    if text is not None and not isinstance(text, str):
        raise TypeError
    usage = told.get("usage") or {}
    return Reply(text or "", ended, _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")))


def _of_anthropic(told: dict[str, Any]) -> Reply:
    blocks = told["content"]
    called = next((block for block in blocks if block.get("type") == "tool_use"), None)
    if called is not None:
        text = orjson.dumps(called["input"]).decode()
    else:
        text = "".join(str(block.get("text", "")) for block in blocks if block.get("type") == "text")
    ended = {"max_tokens": "length", "refusal": "refused"}.get(str(told.get("stop_reason")), "stop")
    usage = told.get("usage") or {}
    return Reply(text, ended, _count(usage.get("input_tokens")), _count(usage.get("output_tokens")))


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else None
