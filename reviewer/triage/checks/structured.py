"""Whether an output is JSON of a certain form."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Literal

from reviewer.errors import BadInput
from reviewer.triage.checks.fences import blocks
from reviewer.triage.checks.model import Finding, Options, Span, Subject

_LONGEST = 1 << 20
_DEEPEST = 100
_SECONDS = 0.2
_TOLD = 80
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


class JsonSchema:
    """Whether the output, or its one fenced block, is JSON that follows the JSON Schema `schema`, which stands in the
    file or is read from `schema_file`; shows the path of the first fault."""

    type: ClassVar[str] = "json_schema"
    gives: ClassVar[Literal["boolean", "number"]] = "boolean"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002  # the name in the file
        self.id = id
        self._validator = validator_of(options["schema"])

    def examine(self, subject: Subject) -> Finding:
        """Follows the strict grammar: a key that comes twice, and NaN, are faults. Abstains where a text is larger than
        a megabyte, or a pattern of the schema takes too long."""
        if len(subject.output) > _LONGEST:
            return Finding(None, "The output is larger than a megabyte.")
        found = _found(subject.output)
        if isinstance(found, str):
            return Finding(False, found)
        text, start = found
        spans = (Span("output", start, start + len(text)),)
        try:
            value = _read(text)
        except _Fault as fault:
            return Finding(False, str(fault), spans)
        try:
            error = next(self._validator.iter_errors(value), None)
        except TimeoutError:
            return Finding(None, f"A pattern of the schema took longer than {_SECONDS:g} s.", spans)
        except Exception as error:  # the schema's own: a reference without end, a bound that is no number
            return Finding(None, f"The schema cannot be applied ({type(error).__name__}).", spans)
        if error is None:
            return Finding(True)
        return Finding(False, f"At {_path(error.absolute_path)}: {_broken(error)}.", spans)


class _Fault(Exception):
    """Why a text is no JSON."""


def _found(text: str) -> tuple[str, int] | str:
    """The text to be read as JSON and where it begins, or why there is none."""
    plain = text.strip()
    if not plain:
        return "The output is empty."
    if "```" in plain:
        found = [block for block in blocks(text) if block.language in ("", "json")]
        if len(found) > 1:
            return "The output has several fenced blocks."
        # A text within the JSON may hold a fence of its own.
        if found and plain[0] not in '{["':
            return text[found[0].start : found[0].end], found[0].start
    return plain, text.index(plain)


def _read(text: str) -> Any:
    if text[0] in "[{" and _depth(text) > _DEEPEST:
        raise _Fault(f"It is nested more than {_DEEPEST} levels deep.")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except json.JSONDecodeError as error:
        raise _Fault(f"It is no JSON: line {error.lineno}, column {error.colno}.") from error
    except ValueError as error:  # a whole number with thousands of digits
        raise _Fault("It holds a number that is too long.") from error
    except RecursionError as error:
        raise _Fault("It is nested too deep.") from error


def _depth(text: str) -> int:
    """How deep brackets are nested, without those within texts."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif bracket in "]}":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise _Fault(f"The key {_key(twice)} comes twice.")
    return made


def _constant(written: str) -> Any:
    raise _Fault(f"{written} is no JSON.")


def _float(written: str) -> float:
    value = float(written)
    if math.isinf(value):
        raise _Fault("It holds a number that is too large.")
    return value


def _key(name: str) -> str:
    return ascii(name if len(name) <= _TOLD // 2 else name[: _TOLD // 2] + "…")


def _path(places: Iterable[str | int]) -> str:
    told = "$"
    for place in places:
        if isinstance(place, int):
            told += f"[{place}]"
        else:
            told += f".{place}" if re.fullmatch(r"[A-Za-z_]\w{0,39}", place, re.A) else f"[{_key(place)}]"
        if len(told) > 2 * _TOLD:
            return told + "…"
    return told


def _broken(error: Any) -> str:
    """The rule that is broken, in the words of the schema; what the output holds is not told."""
    if error.validator == "required":
        # The first that is missing: jsonschema tells it in its message alone.
        missing = next((name for name in error.validator_value if name not in error.instance), "")
        return f"{_key(str(missing))} is missing"
    told = json.dumps(error.validator_value, ensure_ascii=True)
    return f"breaks {error.validator} {told if len(told) <= _TOLD else told[:_TOLD] + '…'}"


def validator_of(schema: Mapping[str, Any]) -> Any:
    """A validator of jsonschema that fetches nothing and whose patterns end. Raises BadInput for what is no schema, or
    points to another."""
    from jsonschema import validators
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import Draft202012Validator
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    mend = "Mend the schema; definitions go under $defs, and $ref is such as #/$defs/name."
    try:
        made: Any = validators.validator_for(schema, default=Draft202012Validator)
        made.check_schema(schema)
        registry: Registry[Any] = Registry()
        keywords = {name for name, _ in _keywords(schema)}
        root = registry.resolver_with_root(DRAFT202012.create_resource(schema))
        for name, pointed in _references(schema):
            if not pointed.startswith("#"):
                raise BadInput(f"{name} {pointed!r} points to another schema.", mend=mend)
            if "$id" not in keywords:
                root.lookup(pointed)
    except SchemaError as error:
        raise BadInput(f"it is no JSON Schema: {error.message[:200]}.", mend=mend) from error
    except Unresolvable as error:
        raise BadInput(f"{str(error.ref)!r} points to nothing in the schema.", mend=mend) from error
    except RecursionError as error:
        raise BadInput("the schema is nested too deep.", mend=mend) from error
    if {"unevaluatedProperties", "patternProperties"} <= keywords:
        raise BadInput("unevaluatedProperties beside patternProperties is not known here.", mend="Leave one out.")
    ours = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    extended: Any = validators.extend(made, ours)  # type: ignore[no-untyped-call]
    return extended(schema, registry=registry)


def _keywords(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, Mapping):
        for name, value in schema.items():
            yield name, value
            if name not in ("const", "enum", "default", "examples"):
                yield from _keywords(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _keywords(value)


def _references(schema: Any) -> Iterator[tuple[str, str]]:
    for name, value in _keywords(schema):
        if name in ("$ref", "$dynamicRef", "$recursiveRef") and isinstance(value, str):
            yield name, value


def _matches(pattern: str, text: str) -> bool:
    """What re.search says; raises TimeoutError where it does not say so in time."""
    import regex

    return regex.search(pattern, text, timeout=_SECONDS) is not None


def _pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if validator.is_type(instance, "string") and not _matches(pattern, instance):
        yield ValidationError("does not match")


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], instance: Any, _schema: Any) -> Iterator[Any]:
    if not validator.is_type(instance, "object"):
        return
    for pattern, under in patterns.items():
        for name, value in instance.items():
            if _matches(pattern, name):
                yield from validator.descend(value, under, path=name, schema_path=pattern)


def _additional_properties(validator: Any, under: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if not validator.is_type(instance, "object"):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, value in instance.items():
        if name in known or any(_matches(pattern, name) for pattern in patterns):
            continue
        if under is False:
            yield ValidationError("is not known", path=[name])
        elif under is not True:
            yield from validator.descend(value, under, path=name)


def _unique_items(validator: Any, unique: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    """In time that grows with the list alone: the library compares each with each."""
    from jsonschema.exceptions import ValidationError

    if unique and validator.is_type(instance, "array") and len({_plain(one) for one in instance}) < len(instance):
        yield ValidationError("has the same twice")


def _plain(value: Any) -> Any:
    """A key that is the same where JSON Schema calls two values equal: 1 is 1.0, and not true."""
    if isinstance(value, dict):
        return "object", frozenset((name, _plain(one)) for name, one in value.items())
    if isinstance(value, list):
        return "array", tuple(_plain(one) for one in value)
    return (type(value).__name__ if isinstance(value, bool) else "", value)
