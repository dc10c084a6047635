"""A judge as it is written in YAML: which model is asked, how, how often, and within which limits."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx

from reviewer.errors import BadInput
from reviewer.ids import digest
from reviewer.rubric.complaints import Problem, place, shown
from reviewer.rubric.load import read_text
from reviewer.rubric.tree import Path as TreePath
from reviewer.rubric.tree import Tree, Unreadable, read_tree
from reviewer.triage.judge import wording

Provider = Literal["openai", "anthropic"]
Structured = Literal["json_schema", "json_object", "plain"]

PROVIDERS: tuple[Provider, ...] = ("openai", "anthropic")
STRUCTURED: tuple[Structured, ...] = ("json_schema", "json_object", "plain")
HOMES: dict[str, str] = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NAME = re.compile(r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,98}[^\s\x00-\x1f\x7f])?")
_SECTIONS: dict[str, tuple[str, ...]] = {
    "parameters": ("temperature", "top_p", "max_tokens", "max_completion_tokens", "seed"),
    "prices": ("input", "output"),
    "limits": ("concurrency", "requests_per_minute", "timeout", "attempts", "budget"),
}
_KEYS = (
    "name",
    "provider",
    "base_url",
    "model",
    "family",
    "system",
    "instructions",
    "samples",
    "both_orders",
    "structured",
    *_SECTIONS,
)


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the model is told of how to answer; what is None is not sent.

    Newer models of OpenAI take `max_completion_tokens` in place of `max_tokens`. A seed is sent with the sample's
    number added, so that samples differ.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = 1024
    max_completion_tokens: int | None = None
    seed: int | None = None

    @property
    def longest(self) -> int:
        """How many tokens an answer may have."""
        return self.max_completion_tokens or self.max_tokens or 0


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, in one currency."""

    input: float
    output: float

    def of(self, tokens_in: int, tokens_out: int) -> float:
        """What so many tokens cost."""
        return (tokens_in * self.input + tokens_out * self.output) / 1e6


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run keeps within. `requests_per_minute` 0 is no limit, `timeout` is seconds for a whole answer."""

    concurrency: int = 8
    requests_per_minute: float = 0
    timeout: float = 120
    attempts: int = 6
    budget: float | None = None


@dataclass(frozen=True, slots=True)
class JudgeSpec:
    """A judge as configured. `system` takes the place of the opening words; `instructions` come after them."""

    name: str
    provider: Provider
    model: str
    base_url: str
    family: str = ""
    system: str = ""
    instructions: str = ""
    parameters: Parameters = field(default_factory=Parameters)
    samples: int = 1
    both_orders: bool = True
    structured: Structured = "json_schema"
    prices: Prices | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def host(self) -> str:
        """The endpoint's host, with the port where it is not the usual one: what a list of allowed hosts names."""
        url = httpx.URL(self.base_url)
        # As it goes over the wire: letters of other scripts that look like Latin ones are not shown as those.
        host = url.raw_host.decode("ascii")
        host = f"[{host}]" if ":" in host else host
        return f"{host}:{url.port}" if url.port else host

    def document(self) -> dict[str, Any]:
        """The whole specification as JSON data, for the record; it holds no secret."""
        return asdict(self)

    def version(self, rubric_hash: str) -> str:
        """What makes this judge a rater of its own: the digest of prompt, model, parameters and rubric.

        Where the model is served, how many samples are taken, prices and limits are left out: they change no answer.
        """
        return digest(
            {
                "words": wording.DIGEST,
                "system": self.system,
                "instructions": self.instructions,
                "provider": self.provider,
                "model": self.model,
                "parameters": asdict(self.parameters),
                "structured": self.structured,
                "rubric": rubric_hash,
            }
        )


def load_judge(path: Path) -> JudgeSpec:
    """The judge of a YAML file. Raises BadInput with every complaint and its line."""
    return parse_judge(read_text(path), str(path))


def parse_judge(text: str, origin: str = "judge") -> JudgeSpec:
    """The judge of a YAML text; `origin` names it in complaints. Raises BadInput with every complaint and its line."""
    try:
        tree = read_tree(text.removeprefix("\ufeff"))
    except Unreadable as error:
        raise _refused(origin, [Problem(*error.finding)]) from None
    read = _Reading(tree)
    spec = read.spec()
    if read.problems or spec is None:
        raise _refused(origin, sorted(dict.fromkeys(read.problems), key=lambda problem: problem.line))
    return spec


def _refused(origin: str, problems: Sequence[Problem]) -> BadInput:
    first, *others = problems
    said = [first.message, *(f"{place(origin, other.line)}: {other.message}" for other in others)]
    return BadInput("\n".join(said), where=place(origin, first.line))


def _finite(value: float) -> bool:
    # A whole number may be larger than a float can be.
    return isinstance(value, int) or math.isfinite(value)


def address_fault(url: str) -> str:
    """What is wrong with the address of an endpoint, with the mend; empty if it is right."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return "is no address; write one such as https://api.example.com/v1"
    if parsed.scheme not in ("http", "https") or not parsed.host:
        return "must begin with https:// (or http://, on this machine); write it out"
    if parsed.userinfo or parsed.query or parsed.fragment:
        return "must not hold a password, nor anything after ? or #; keys come from the keyring or the environment"
    if parsed.scheme == "http" and parsed.host not in LOOPBACK:
        return "must begin with https://: over plain http everybody on the way can read the key and the texts"
    return ""


class _Reading:
    """Takes a document apart and hears every complaint."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.problems = [Problem(*finding) for finding in tree.findings]

    def spec(self) -> JudgeSpec | None:
        data = self.tree.data
        if not isinstance(data, dict):
            said = "is empty" if data is None else f"must be a mapping, got {shown(data)}"
            self.problems.append(Problem(1, f"the judge {said}; begin with name:, provider: and model:"))
            return None
        self.refuse_unknown(data, _KEYS, ())
        provider: Provider = "anthropic" if self.choice(data, "provider", PROVIDERS, None) == "anthropic" else "openai"
        parameters = self.parameters(self.section(data, "parameters"), provider)
        prices = self.prices(self.section(data, "prices"))
        limits = self.limits(self.section(data, "limits"))
        if limits.budget is not None and prices is None:
            self.complain(("limits", "budget"), "limits.budget needs prices; add prices: {input: …, output: …}")
        structured = self.choice(data, "structured", STRUCTURED, "json_schema")
        if structured == "json_object" and provider == "anthropic":
            self.complain(("structured",), "structured json_object is none of anthropic; take json_schema or plain")
        return JudgeSpec(
            name=self.name(data, "name"),
            provider=provider,
            model=self.name(data, "model"),
            base_url=self.address(data, HOMES[provider]),
            family=self.name(data, "family", needed=False),
            system=self.text(data, "system").strip(),
            instructions=self.text(data, "instructions").strip(),
            parameters=parameters,
            samples=int(self.number(data, (), "samples", 1, 100, whole=True) or 1),
            both_orders=self.flag(data, "both_orders", default=True),
            structured=structured,
            prices=prices,
            limits=limits,
        )

    def parameters(self, data: Mapping[str, Any], provider: Provider) -> Parameters:
        at: TreePath = ("parameters",)
        hottest = 1 if provider == "anthropic" else 2
        most = self.number(data, at, "max_tokens", 1, 1_000_000, whole=True)
        newer = self.number(data, at, "max_completion_tokens", 1, 1_000_000, whole=True)
        seed = self.number(data, at, "seed", 0, 2**31, whole=True)
        if provider == "anthropic":
            for name, value in (("seed", seed), ("max_completion_tokens", newer)):
                if value is not None:
                    self.complain((*at, name), f"parameters.{name} is not known to anthropic; remove it")
        if most is not None and newer is not None:
            self.complain((*at, "max_tokens"), "parameters.max_tokens stands beside max_completion_tokens; remove one")
        if most is None and newer is None:
            most = Parameters().max_tokens
        return Parameters(
            temperature=self.number(data, at, "temperature", 0, hottest),
            top_p=self.number(data, at, "top_p", 0, 1),
            max_tokens=None if most is None else int(most),
            max_completion_tokens=None if newer is None else int(newer),
            seed=None if seed is None else int(seed),
        )

    def prices(self, data: Mapping[str, Any]) -> Prices | None:
        if not data:
            return None
        found = [self.number(data, ("prices",), name, 0, 1e6) for name in ("input", "output")]
        for name, value in zip(("input", "output"), found, strict=True):
            if value is None and name not in data:
                self.complain(("prices",), f"prices.{name} is missing; say what a million tokens cost")
        return Prices(found[0] or 0.0, found[1] or 0.0)

    def limits(self, data: Mapping[str, Any]) -> Limits:
        at: TreePath = ("limits",)
        usual = Limits()
        concurrency = self.number(data, at, "concurrency", 1, 512, whole=True)
        attempts = self.number(data, at, "attempts", 1, 50, whole=True)
        rate = self.number(data, at, "requests_per_minute", 0, 1e6)
        timeout = self.number(data, at, "timeout", 0.05, 3600)
        return Limits(
            concurrency=usual.concurrency if concurrency is None else int(concurrency),
            requests_per_minute=usual.requests_per_minute if rate is None else rate,
            timeout=usual.timeout if timeout is None else timeout,
            attempts=usual.attempts if attempts is None else int(attempts),
            budget=self.number(data, at, "budget", 0, 1e9),
        )

    # -- one field -----------------------------------------------------------------------------------------

    def complain(self, path: TreePath, message: str) -> None:
        self.problems.append(Problem(self.tree.line(path), message))

    def refuse_unknown(self, data: Mapping[str, Any], known: Sequence[str], at: TreePath) -> None:
        for key in data:
            if key not in known:
                of = f" of {at[0]}" if at else ""
                self.complain((*at, key), f"unknown key {shown(key)}{of}; known are {', '.join(known)}")

    def section(self, data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        found = data.get(name)
        if found is None:
            return {}
        if not isinstance(found, dict):
            self.complain((name,), f"{name} must be a mapping, got {shown(found)}; write it as key: value")
            return {}
        self.refuse_unknown(found, _SECTIONS[name], (name,))
        return found

    def text(self, data: Mapping[str, Any], name: str) -> str:
        value = data.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.complain((name,), f"{name} must be text, got {shown(value)}; put it in quotes")
            return ""
        if "\0" in value or any("\ud800" <= one <= "\udfff" for one in value):
            self.complain((name,), f"{name} must not hold a NUL or half a surrogate pair; remove it")
            return ""
        return value

    def name(self, data: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
        if data.get(name) is None:
            if needed:
                self.complain((name,), f"{name} is missing; add it")
            return ""
        value = self.text(data, name).strip()
        if isinstance(data[name], str) and not _NAME.fullmatch(value):
            self.complain((name,), f"{name} must be 1 to 100 characters on one line; write it so")
        return value

    def address(self, data: Mapping[str, Any], usual: str) -> str:
        url = self.text(data, "base_url").strip() or usual
        if fault := address_fault(url):
            self.complain(("base_url",), f"base_url {fault}")
            return usual
        return url.rstrip("/")

    def flag(self, data: Mapping[str, Any], name: str, *, default: bool) -> bool:
        value = data.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.complain((name,), f"{name} must be true or false, got {shown(value)}")
        return value is True

    def choice(self, data: Mapping[str, Any], name: str, known: Sequence[Any], default: Any) -> Any:
        value = data.get(name)
        if value is None and default is not None:
            return default
        if value not in known:
            there = ", ".join(known)
            got = f"is missing; take one of {there}" if value is None else f"must be one of {there}, got {shown(value)}"
            self.complain((name,), f"{name} {got}")
            return default or known[0]
        return value

    def number(
        self, data: Mapping[str, Any], at: TreePath, name: str, low: float, high: float, *, whole: bool = False
    ) -> float | None:
        value = data.get(name)
        if value is None:
            return None
        named = ".".join(map(str, (*at, name)))
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            self.complain((*at, name), f"{named} must be a number, got {shown(value)}")
        elif whole and not isinstance(value, int):
            self.complain((*at, name), f"{named} must be a whole number, got {shown(value)}")
        elif not low <= value <= high:
            self.complain((*at, name), f"{named} must be {low:g} to {high:g}, got {shown(value)}")
        else:
            return value
        return None
