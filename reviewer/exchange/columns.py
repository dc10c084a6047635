"""Which column is what: names as people give them, sorted once per set of names into a `Plan`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.errors import WrongUsage
from reviewer.exchange import healthbench

# In each group the first name that is present wins; names are compared without case, spaces, `_`, `-` and `.`.
ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id", "item", "itemid", "key", "idx", "index", "questionid", "promptid", "exampleid", "docid", "uid"),
    "prompt": (
        "prompt",
        "question",
        "query",
        "instruction",
        "userprompt",
        "userinput",
        "userquery",
        "usermessage",
        "input",
        "inputs",
        "request",
    ),
    "messages": ("messages", "conversation", "conversations", "turns", "dialog", "dialogue", "chat"),
    "system_prompt": ("systemprompt", "systemmessage", "systeminstruction"),
    "context": (
        "context",
        "contexts",
        "document",
        "documents",
        "passage",
        "passages",
        "article",
        "retrievedcontext",
        "retrievedcontexts",
        "source",
        "sources",
        "evidence",
    ),
    "reference": (
        "reference",
        "referenceanswer",
        "referenceoutput",
        "referenceresponse",
        "expected",
        "expectedoutput",
        "expectedanswer",
        "expectedresponse",
        "ideal",
        "idealoutput",
        "idealanswer",
        "idealresponse",
        "idealcompletion",
        "target",
        "targetoutput",
        "gold",
        "goldanswer",
        "goldoutput",
        "goldresponse",
        "goldenanswer",
        "groundtruth",
        "correctanswer",
        "bestanswer",
    ),
    "outputs": ("outputs", "responses", "answers", "completions", "generations", "candidates", "modeloutputs"),
    "output": (
        "output",
        "response",
        "answer",
        "completion",
        "modeloutput",
        "modelresponse",
        "modelanswer",
        "generation",
        "generatedtext",
        "generatedoutput",
        "generatedanswer",
        "prediction",
        "reply",
    ),
    "system": ("system", "model", "generator", "modelname", "modelid", "systemname", "systemid"),
    "version": ("version", "systemversion", "modelversion"),
    "sample": ("sample", "sampleindex", "sampleid"),
    "metadata": ("metadata", "meta"),
    "tags": ("tags", "tag"),
    "rubric": ("rubric",),
}

_SEPARATORS = re.compile(r"[\s_\-.]+")
_LONGEST_NAME = 100
# Only names known beforehand are kept: a hostile file could otherwise fill the memory with plans.
_CACHE_SIZE = 256
_CACHED_NAMES = 64

_OUTPUT_STEMS = frozenset(ALIASES["output"]) | {"conversation", "candidate"}
_PREFIXED = frozenset(("output", "response", "answer", "completion", "generation", "prediction", "reply"))
_SYSTEM_STEMS = frozenset(ALIASES["system"])
# fmt: off
_NOT_A_SYSTEM = frozenset((
    "id", "ids", "time", "times", "length", "len", "token", "tokens", "type", "types", "format", "date",
    "count", "num", "number", "n", "score", "scores", "label", "labels", "rating", "ratings", "lang",
    "language", "url", "ms", "latency", "index", "idx", "cost", "status", "error", "has", "is",
    "max", "min", "total", "raw", "logprob", "logprobs", "start", "end", "key", "quality", "correct",
    "user", "human",
))
# fmt: on


@dataclass(slots=True, frozen=True)
class OutputColumn:
    """A column with one system's output: `system` as its heading says, `named_by` the column that names it better.

    A `guessed` one counts only where it holds a text.
    """

    column: str
    system: str
    named_by: str | None = None
    guessed: bool = False


@dataclass(slots=True, frozen=True)
class Plan:
    """Which of a record's fields plays which part; None where no field does, `rest` goes to the metadata."""

    names: tuple[str, ...]
    id: str | None = None
    prompt: str | None = None
    prompt_more: str | None = None
    messages: str | None = None
    system_prompt: str | None = None
    context: str | None = None
    reference: str | None = None
    outputs: str | None = None
    output: str | None = None
    system: str | None = None
    version: str | None = None
    sample: str | None = None
    metadata: str | None = None
    tags: str | None = None
    rubric: str | None = None
    columns: tuple[OutputColumn, ...] = ()
    rest: tuple[str, ...] = ()
    health: bool = False

    def told(self) -> str:
        """Which columns are read as what, in a phrase, where a name had to be guessed; empty where none had to."""
        parts = ("id", "prompt", "context", "reference", "output", "system", "version", "sample", "tags")
        read = [(getattr(self, part), part) for part in parts]
        guessed = [f"{column} as {part}" for column, part in read if column is not None and column != part]
        if guessed and self.rest:
            guessed.append(f"{', '.join(self.rest)} as metadata")
        return "; ".join(guessed)


_plans: dict[tuple[str, ...], Plan] = {}


def plan_of(names: tuple[str, ...]) -> Plan:
    """The plan for a record with these field names."""
    plan = _plans.get(names)
    if plan is None:
        plan = _planned(names)
        if len(names) <= _CACHED_NAMES and sum(map(len, names)) <= _CACHED_NAMES * _LONGEST_NAME:
            if len(_plans) >= _CACHE_SIZE:
                _plans.clear()
            _plans[names] = plan
    return plan


def normal(name: str) -> str:
    """A column's name as it is compared: without case, spaces, `_`, `-` and `.`."""
    return _SEPARATORS.sub("", name).casefold() if len(name) <= _LONGEST_NAME else name


def _planned(names: tuple[str, ...]) -> Plan:
    known = frozenset(names)
    if healthbench.is_evaluation(known) or healthbench.is_meta_evaluation(known):
        return Plan(names, prompt="prompt", health=True)
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(normal(name), name)
    parts: dict[str, str] = {}
    for part, aliases in ALIASES.items():
        found = next((first[alias] for alias in aliases if alias in first), None)
        if found is not None:
            parts[part] = found
    more = None
    if "prompt" in parts and normal(parts["prompt"]) == "instruction" and "input" in first:
        more = first["input"]
    taken = set(parts.values()) | ({more} if more else set())
    columns, naming = _output_columns([name for name in names if name not in taken])
    taken |= {column.column for column in columns} | naming
    rest = tuple(name for name in names if name not in taken)
    return Plan(names, prompt_more=more, columns=columns, rest=rest, health=False, **parts)


def _output_columns(names: Sequence[str]) -> tuple[tuple[OutputColumn, ...], set[str]]:
    short = [name for name in names if 1 < len(name) <= _LONGEST_NAME]
    found: dict[str, str] = {}
    guesses: dict[str, str] = {}
    systems: dict[str, str] = {}
    sure: set[str] = set()
    for name in short:
        stem, suffix = _numbered(name)
        if stem in _OUTPUT_STEMS:
            found[name] = suffix
            sure.add(name)
        elif stem in _SYSTEM_STEMS:
            systems[suffix.casefold()] = name
            systems[normal(name)] = name
        elif prefix := _prefixed(name):
            found[name] = prefix
        elif suffix := _suffixed(name):
            guesses[name] = suffix
    # `response_claude` alone may be anything; two of a kind are outputs side by side.
    if len(guesses) > 1:
        found |= guesses
    columns: list[OutputColumn] = []
    naming: set[str] = set()
    for name in names:
        if name in found:
            named_by = systems.get(found[name].casefold()) or systems.get(normal(found[name]))
            columns.append(OutputColumn(name, found[name], named_by, name not in sure))
            if named_by:
                naming.add(named_by)
    return tuple(columns), naming


def _numbered(name: str) -> tuple[str, str]:
    """`response1`, `output_a`, `Answer B` and `outputA` as the stem and its number or letter."""
    digits = len(name) - len(name.rstrip("0123456789"))
    if digits:
        cut = len(name) - digits
        return (normal(name[:cut]), name[cut:]) if cut and digits <= 3 else ("", "")
    before, last = name[-2], name[-1]
    if last.isascii() and last.isalpha() and (before in " _-." or (before.islower() and last.isupper())):
        return normal(name[:-1]), last
    return "", ""


def _prefixed(name: str) -> str:
    """The system in `gpt4_output` and the like."""
    words = _SEPARATORS.split(name)
    if len(words) < 2 or words[-1].casefold() not in _PREFIXED or words[0].casefold() in _NOT_A_SYSTEM:
        return ""
    return name[: -len(words[-1])].strip(" \t\n_-.")


def _suffixed(name: str) -> str:
    """The system in `response_claude` and the like."""
    words = _SEPARATORS.split(name)
    if len(words) < 2 or words[0].casefold() not in _PREFIXED or not words[-1]:
        return ""
    if words[1].casefold() in _NOT_A_SYSTEM or words[-1].casefold() in _NOT_A_SYSTEM | _SYSTEM_STEMS:
        return ""
    return name[len(words[0]) :].strip(" \t\n_-.")


class Renamer:
    """`--map NEW=OLD`: columns renamed before anything else looks at them."""

    WATCHED = 1000

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self._mapping = dict(mapping)
        self._moved = set(self._mapping.values())
        self._unmet = set(self._moved)
        self._seen: dict[str, None] = {}
        self._count = 0

    def renamed(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record under its new names; raises WrongUsage once it is clear that a column never comes."""
        if self._unmet:
            self._watch(record)
        fresh: dict[str, Any] = {}
        for new, old in self._mapping.items():
            if old in record:
                fresh[new] = record[old]
        for name, value in record.items():
            if name not in self._moved:
                # A column that stood under the new name keeps its content, beside it.
                fresh[f"{name} (original)" if name in self._mapping else name] = value
        return fresh

    def columns(self, names: Sequence[str]) -> tuple[str, ...]:
        """The header of a table under its new names; raises WrongUsage naming the column that is not there."""
        self._unmet -= set(names)
        self._seen.update(dict.fromkeys(names))
        self.check()
        return tuple(self.renamed(dict.fromkeys(names)))

    def check(self) -> None:
        """Raise WrongUsage if a column to be renamed has not been seen."""
        if self._unmet:
            missing = ", ".join(repr(name) for name in sorted(self._unmet))
            seen = ", ".join(repr(name) for name in list(self._seen)[:40]) or "none"
            raise WrongUsage(f"--map names {missing}, but the columns seen are: {seen}.", mend="Name one of these.")

    def _watch(self, record: dict[str, Any]) -> None:
        self._unmet -= record.keys()
        if len(self._seen) < 200:
            self._seen.update(dict.fromkeys(name[:_LONGEST_NAME] for name in record))
        self._count += 1
        if self._count >= self.WATCHED:
            self.check()
