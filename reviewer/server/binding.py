"""What a route's function is called with: its message, the parts of its address, and its desk.

FastAPI makes the document of the same signatures. Here they are bound without its machinery, which would cost a
request more than what it asks for, and on the thread that does the work.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_type_hints

import orjson
from fastapi import Request
from pydantic import TypeAdapter, ValidationError

from reviewer.server.desk import AtDesk, Desk
from reviewer.server.troubles import Refusal
from reviewer.sync import wire

_LONGEST_PLACE = 200


@dataclass(frozen=True, slots=True)
class _Part:
    """A parameter that comes from the address."""

    name: str
    where: Literal["path", "query"]
    adapter: TypeAdapter[Any]
    required: bool


class Binding:
    """The parameters of one function."""

    def __init__(self, path: str, endpoint: Callable[..., Any]) -> None:
        self.message: type[wire.Message] | None = None
        self._message_name = self._desk_name = ""
        self._parts: list[_Part] = []
        hints = get_type_hints(endpoint, include_extras=True)
        for name, parameter in inspect.signature(endpoint).parameters.items():
            hint = hints[name]
            if hint is AtDesk:
                self._desk_name = name
            elif inspect.isclass(hint) and issubclass(hint, wire.Message):
                self.message, self._message_name = hint, name
            else:
                where: Literal["path", "query"] = "path" if f"{{{name}}}" in path else "query"
                required = parameter.default is inspect.Parameter.empty
                self._parts.append(_Part(name, where, TypeAdapter(hint), required))

    def bind(self, request: Request, body: bytes, desk: Desk) -> dict[str, Any]:
        """The arguments for one request. Raises Refusal for what is not as the signature says."""
        bound: dict[str, Any] = {}
        if self._desk_name:
            bound[self._desk_name] = desk
        for part in self._parts:
            given = (request.path_params if part.where == "path" else request.query_params).get(part.name)
            if given is None and not part.required:
                continue
            try:
                bound[part.name] = part.adapter.validate_python(given)
            except ValidationError as error:
                raise malformed(error, part.where, part.name) from None
        if self.message is not None:
            bound[self._message_name] = self._read(request, self.message, body)
        return bound

    def _read(self, request: Request, message: type[wire.Message], body: bytes) -> wire.Message:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Refusal(
                415, "encoding", "a message is JSON, and says so.", "Send it with Content-Type: application/json."
            )
        try:
            return message.model_validate(orjson.loads(body))
        except orjson.JSONDecodeError as error:
            raise unfit(f"it is no JSON ({error.msg})") from None
        except ValidationError as error:
            raise malformed(error, "body") from None


def malformed(error: ValidationError, *place: str) -> Refusal:
    """The first fault by its place; what stands there is not repeated."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    where = ".".join((*place, *map(str, faults[0]["loc"])))[:_LONGEST_PLACE]
    more = f" ({len(faults) - 1} more)" if len(faults) > 1 else ""
    return unfit(f"{where}: {faults[0]['msg']}{more}")


def unfit(how: str) -> Refusal:
    """What is said of a message that is not as the document describes it."""
    return Refusal(
        422,
        "malformed",
        f"the message is not as it should be: {how}.",
        "Update this program, or have the server updated.",
    )
