"""A set of checks as it is written in TOML."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from reviewer.errors import BadInput
from reviewer.ids import digest
from reviewer.triage.checks import (
    command,
    entities,
    guards,
    language,
    negation,
    numbers,
    plain,
    reference,
    relevance,
    structured,
)
from reviewer.triage.checks.files import embedded
from reviewer.triage.checks.model import Check, Finding, Options, Subject, criterion_of
from reviewer.triage.checks.rules import Rule, read_condition, then_of

_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LARGEST = 1 << 20


class _Makes(Protocol):
    type: str

    def __call__(self, id: str, options: Options) -> Check:  # noqa: A002  # the name in the file
        ...


_OPTIONS: dict[str, dict[str, tuple[type, ...]]] = {
    "negation": {},
    "numbers": {},
    "private": {"kinds": (list,)},
    "refusal": {},
    "exact": {"normalised": (bool,)},
    "numeric": {"tolerance": (int, float), "relative": (int, float)},
    "token_f1": {},
    "length": {"min_words": (int,), "max_words": (int,)},
    "contains": {"all": (list,), "none": (list,)},
    "pattern": {"pattern": (str,), "absent": (bool,)},
    "bleu": {},
    "chrf": {"word_order": (int,)},
    "rouge": {"variant": (str,)},
    "multiple_choice": {"choices": (list,)},
    "perplexity": {},
    "json_schema": {"schema": (dict,)},
    "leakage": {"words": (int,), "secret": (list,)},
    "language": {"language": (str,)},
    "names": {},
    "dates": {},
    "command": {
        "run": (list,),
        "python": (str,),
        "unit_tests": (str,),
        "gives": (str,),
        "seconds": (int, float),
        "memory_mb": (int,),
        "source": (str,),
        "files": (dict,),
    },
    "relevance": {"of": (str,), "least": (int, float)},
}
_TYPES: dict[str, Any] = {
    made.type: made
    for made in (
        negation.Negation,
        numbers.Numbers,
        guards.Private,
        guards.Refusal,
        plain.Exact,
        plain.Numeric,
        plain.TokenF1,
        plain.Length,
        plain.Contains,
        plain.Pattern,
        reference.Bleu,
        reference.Chrf,
        reference.Rouge,
        reference.MultipleChoice,
        reference.Perplexity,
        structured.JsonSchema,
        guards.Leakage,
        language.Language,
        entities.Names,
        entities.Dates,
        relevance.Relevance,
        command.Command,
    )
}
_NEEDED = {"pattern": ("pattern",), "json_schema": ("schema",)}


@dataclass(frozen=True, slots=True)
class CheckSet:
    """Checks with the rules about them. `document` is all that they depend on, `version` its digest: another one is
    another rater. `allows_commands` says that its user wants the programs run that it names."""

    name: str
    checks: tuple[Check, ...]
    rules: tuple[Rule, ...]
    document: dict[str, Any]
    allows_commands: bool = False

    @property
    def version(self) -> str:
        """The digest of the whole set."""
        return digest(self.document)

    @property
    def rubric(self) -> dict[str, Any]:
        """The rubric that the checks answer, a criterion each."""
        return {"name": self.name, "criteria": [criterion_of(check) for check in self.checks]}

    def examine(self, subject: Subject) -> dict[str, Finding]:
        """What every check says of one output, by its identifier."""
        return {check.id: check.examine(subject) for check in self.checks}


def types() -> dict[str, str]:
    """The kinds of checks that there are, with what each says."""
    return {name: " ".join((made.__doc__ or "").split()) for name, made in sorted(_TYPES.items())}


def load_checks(path: Path, *, allow_commands: bool = False) -> CheckSet:
    """Reads a set of checks with the files that they name. Raises BadInput with what is wrong and where."""
    where = str(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise BadInput("it is too large for a set of checks.", where=where, mend="Name the right file.")
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror}).", where=where, mend="Check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"it is no TOML: {error}.", where=where, mend="Mend the place that is named.") from error
    return made_of(embedded(document, path.parent, where), where, allow_commands=allow_commands)


def made_of(document: Mapping[str, Any], where: str = "", *, allow_commands: bool = False) -> CheckSet:
    """The set that a document describes. Raises BadInput, also for one that runs programs where that is not allowed."""
    _refuse_unknown(document, {"name", "check", "rule"}, where)
    name = document.get("name")
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise BadInput("the set has no name.", where=where, mend='Begin with a line such as name = "kyc-checks".')
    tables = _tables(document, "check", where)
    if not allow_commands and any(table.get("type") == "command" for table in tables):
        raise BadInput(
            "it runs programs of its own.",
            where=where,
            mend="Read what they do; then say --allow-commands, or leave the checks of type command out.",
        )
    made = [_check(number, one, where) for number, one in enumerate(tables, 1)]
    if not made:
        raise BadInput(
            "it holds no check.", where=where, mend='Add one: [[check]], id = "negation", type = "negation".'
        )
    ids = [check.id for check in made]
    if twice := next((one for one in ids if ids.count(one) > 1), None):
        raise BadInput(f"two checks are called '{twice}'.", where=where, mend="Give each an id of its own.")
    gives = {check.id: check.gives for check in made}
    rules = [_rule(number, one, gives, where) for number, one in enumerate(_tables(document, "rule", where), 1)]
    return CheckSet(name.strip(), tuple(made), tuple(rules), _plainly(document), allow_commands)


def _check(number: int, table: Mapping[str, Any], where: str) -> Check:
    at = f"{where}: check {number}" if where else f"check {number}"
    kind, identifier = table.get("type"), table.get("id", table.get("type"))
    if kind not in _TYPES:
        raise BadInput(f"type = {kind!r} is none that there is.", where=at, mend=f"Take {', '.join(sorted(_TYPES))}.")
    if not isinstance(identifier, str) or not _ID.fullmatch(identifier):
        raise BadInput(f"{identifier!r} cannot be an id.", where=at, mend="Take letters a-z, digits and '_'.")
    options = {name: value for name, value in table.items() if name not in ("id", "type")}
    allowed = _OPTIONS[kind]
    if kind == "json_schema" and "schema" in options:
        _refuse_dates(options["schema"], at)
    _refuse_unknown(options, set(allowed), at)
    for name, value in options.items():
        if not isinstance(value, allowed[name]) or (isinstance(value, bool) and bool not in allowed[name]):
            raise BadInput(f"{name} = {value!r} is of the wrong kind.", where=at, mend=_kind_words(allowed[name]))
        if isinstance(value, list) and not all(isinstance(one, str) and one for one in value):
            raise BadInput(f"{name} holds what is no text.", where=at, mend="Write a list of texts.")
    for name in _NEEDED.get(kind, ()):
        if name not in options:
            raise BadInput(f"{name} is missing.", where=at, mend=f"Give it: {name} = …")
    if unknown := [one for one in options.get("kinds", ()) if one not in guards.KINDS]:
        raise BadInput(f"there is no kind '{unknown[0]}'.", where=at, mend=f"Take {', '.join(guards.KINDS)}.")
    try:
        made: Check = _TYPES[kind](identifier, options)
    except BadInput as error:
        raise BadInput(error.what, where=error.where or at, mend=error.mend) from error
    except Exception as error:  # a pattern that is none: the module's own error class loads it
        raise BadInput(f"it cannot be made: {error}.", where=at, mend="Mend its options.") from error
    return made


def _rule(number: int, table: Mapping[str, Any], gives: Mapping[str, str], where: str) -> Rule:
    at = f"{where}: rule {number}" if where else f"rule {number}"
    _refuse_unknown(table, {"name", "when", "then"}, at)
    name, when = table.get("name"), table.get("when")
    if not isinstance(name, str) or not name.strip():
        raise BadInput("the rule has no name.", where=at, mend="Say in a word or two what it sets aside.")
    if not isinstance(when, list) or not when or not all(isinstance(one, str) for one in when):
        raise BadInput("when is no list of conditions.", where=at, mend='Write when = ["negation == false"].')
    return Rule(name.strip(), tuple(read_condition(one, gives, at) for one in when), then_of(table.get("then"), at))


def _tables(document: Mapping[str, Any], name: str, where: str) -> Sequence[Mapping[str, Any]]:
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadInput(f"{name} is no list of tables.", where=where, mend=f"Write each under a line [[{name}]].")
    return found


def _refuse_unknown(table: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(table) - known):
        there = f"Take {', '.join(sorted(known))}." if known else "It takes no options."
        raise BadInput(f"'{unknown[0]}' is none that there is.", where=where, mend=there)


def _refuse_dates(schema: object, where: str) -> None:
    """TOML has dates, where JSON has texts."""
    try:
        json.dumps(schema)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput("schema holds what is no JSON.", where=where, mend="Write dates as texts.") from error


def _kind_words(kinds: tuple[type, ...]) -> str:
    words = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "a text",
        list: "a list of texts",
        dict: "a table",
    }
    return f"Write {words[kinds[-1]]}."


def _plainly(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in ("name", "check", "rule") if name in document}
