"""When a task is disputed: rules, as a setting or an option writes them, held against what a panel said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from reviewer.errors import BadInput, WrongUsage
from reviewer.rubric import Criterion, Rubric
from reviewer.rubric.questions import PREFERENCE, RANKING, PreferenceQuestion, RankingQuestion
from reviewer.session.panel import PeerLabel, TaskPanel
from reviewer.session.spreads import Spread, is_spread, spread_of

FEWEST = 2
"""Labels that a dispute takes."""

FORMS = "on, range>=2, range:CRITERION>=2, disagree:CRITERION, straddles:CRITERION@3, flagged, decide_first"
DECIDE_FIRST = "decide_first"

_WIDE, _STEPS = 2, 4
_NUMBER = r"(?P<figure>[-+]?\d+(?:\.\d+)?)"
_WRITTEN: dict[str, re.Pattern[str]] = {
    "on": re.compile(r"on|true|yes", re.IGNORECASE),
    "flagged": re.compile(r"flagged", re.IGNORECASE),
    "range": re.compile(rf"range(?::(?P<criterion>[^@:|\s]+?))?\s*>=\s*{_NUMBER}", re.IGNORECASE),
    "disagree": re.compile(r"disagree:(?P<criterion>[^@:|\s]+)", re.IGNORECASE),
    "straddles": re.compile(rf"straddles:(?P<criterion>[^@:|\s]+)@{_NUMBER}", re.IGNORECASE),
}
_OFF = frozenset({"false", "off", "no"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `on` stands for the usual ones: a range of 2 on a scale of four points or more, any disagreement on
    yes or no and on choices, preferences for opposite sides, and rankings that put different outputs first."""

    kind: Literal["on", "flagged", "range", "disagree", "straddles"]
    criterion: str = ""
    figure: float = 0.0

    def __str__(self) -> str:
        of = f":{self.criterion}" if self.criterion else ""
        if self.kind == "range":
            return f"range{of}>={self.figure:g}"
        return f"straddles{of}@{self.figure:g}" if self.kind == "straddles" else f"{self.kind}{of}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What makes a task disputed; with `decide_first` the adjudicator decides before seeing what the panel said."""

    rules: tuple[Rule, ...] = (Rule("on"),)
    decide_first: bool = False

    @property
    def words(self) -> list[str]:
        """The rules as they are written."""
        return [*map(str, self.rules), *([DECIDE_FIRST] * self.decide_first)]


class Dispute(NamedTuple):
    """Why a task is disputed: by which rule, on what, and what was said."""

    rule: str
    key: str
    told: str


def parse_rules(text: str) -> Rules:
    """The rules of a list with commas. Raises WrongUsage for one of another form."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise WrongUsage("there is no rule.", mend=f"Rules are {FORMS}.")
    rules = tuple(dict.fromkeys(_parse(word) for word in words if word.lower() != DECIDE_FIRST))
    return Rules(rules or (Rule("on"),), any(word.lower() == DECIDE_FIRST for word in words))


def parse_setting(text: str) -> bool | list[str]:
    """The setting `adjudicate` as it is kept: whether disputes go to an adjudicator, or by which rules.

    Raises WrongUsage for a rule of another form.
    """
    word = text.strip().lower()
    if word in _OFF or word == "0":
        return False
    if word == "1" or _WRITTEN["on"].fullmatch(word):
        return True
    return parse_rules(text).words


def rules_of(setting: object, option: str | None = None) -> Rules:
    """The rules of a queue with that setting, or those of the option in their place; the queue alone, or either of
    them, says whether the adjudicator decides first. Raises WrongUsage for a rule of another form."""
    kept = parse_rules(",".join(map(str, setting))) if isinstance(setting, list) and setting else Rules()
    if option is None:
        return kept
    asked = parse_rules(option)
    return replace(asked, decide_first=asked.decide_first or kept.decide_first)


def check_rules(rules: Rules, rubric: Rubric, kind: str) -> None:
    """Raises BadInput for a rule about a criterion that the rubric does not have, or that has no such figures."""
    asked = {criterion.id: criterion.type for criterion in rubric.criteria}
    if kind != "rating":
        asked = {PREFERENCE if kind == "pairwise" else RANKING: "choice", **asked}
    for rule in rules.rules:
        if not rule.criterion:
            continue
        if rule.criterion not in asked:
            there = f"It has {', '.join(asked)}." if asked else "It has none."
            raise BadInput(
                f"the rule '{rule}' asks for a criterion '{rule.criterion}', which the rubric '{rubric.name}' "
                "does not have.",
                mend=there,
            )
        figures = asked[rule.criterion] in ("scale", "number") if kind == "rating" else kind == "pairwise"
        if rule.kind in ("range", "straddles") and not figures:
            raise BadInput(
                f"the rule '{rule}' asks for figures, and '{rule.criterion}' has none.",
                mend=f"disagree:{rule.criterion} finds any disagreement.",
            )
        if asked[rule.criterion] == "text":
            raise BadInput(
                f"the rule '{rule}' asks for '{rule.criterion}', a text, which is never the same.",
                mend="Name a criterion of another type.",
            )


def standing_labels(panel: TaskPanel) -> list[PeerLabel]:
    """What those whose label counts said last: a second vote or rework stands in place of the first label."""
    return [label.latest for label in panel.labels if label.counts and label.latest.outcome == "submitted"]


def standing_spreads(panel: TaskPanel, labels: Sequence[PeerLabel]) -> tuple[Spread, ...]:
    """How far the labels that stand lie apart, question by question, where two answered it."""
    if not any(label.after for label in panel.labels):
        return tuple(spread for spread in panel.spreads if len(spread.values) >= FEWEST)
    found = []
    for key, question in panel.questions.items():
        given = [(label.rater, label.values[key]) for label in labels if key in label.comparable]
        if len(given) >= FEWEST and is_spread(question):
            found.append(spread_of(key, question, given))
    return tuple(found)


def disputes_of(
    panel: TaskPanel, labels: Sequence[PeerLabel], spreads: Sequence[Spread], rules: Rules
) -> tuple[Dispute, ...]:
    """Every rule that these labels break, question by question; none where there are fewer than two of them."""
    if len(labels) < FEWEST:
        return ()
    return tuple(dict.fromkeys(_broken(panel, labels, spreads, rules)))


def _broken(
    panel: TaskPanel, labels: Sequence[PeerLabel], spreads: Sequence[Spread], rules: Rules
) -> Iterator[Dispute]:
    for rule in rules.rules:
        if rule.kind == "flagged":
            flagged = sum(bool(label.flags) for label in labels)
            if flagged:
                yield Dispute(str(rule), "", f"flagged by {flagged} of {len(labels)}")
            continue
        for spread in spreads:
            name = spread.key.partition("@")[0]
            if rule.criterion in ("", name) and _breaks(rule, panel.questions[spread.key], spread):
                yield Dispute(str(rule), spread.key, f"{spread.title}: {spread.told}")


def _breaks(rule: Rule, question: Criterion, spread: Spread) -> bool:
    width = _width(spread)
    match rule.kind:
        case "range":
            return width >= rule.figure and (bool(rule.criterion) or question.type == "scale")
        case "disagree":
            return spread.differ
        case "straddles":
            numbers = [value for _, value in spread.values if _is_number(value)]
            return any(value < rule.figure for value in numbers) and any(value >= rule.figure for value in numbers)
        case _:
            return _usual(question, spread, width)


def _usual(question: Criterion, spread: Spread, width: float) -> bool:
    if isinstance(question, RankingQuestion):
        firsts = [set(value[0]) for _, value in spread.values if isinstance(value, list) and value]
        return any(one.isdisjoint(other) for one in firsts for other in firsts)
    if isinstance(question, PreferenceQuestion):
        numbers = [value for _, value in spread.values if _is_number(value)]
        return any(value < 0 for value in numbers) and any(value > 0 for value in numbers)
    if question.type == "scale":
        return len(question.steps) >= _STEPS and width >= _WIDE
    return question.type in ("boolean", "choice") and spread.differ


def _width(spread: Spread) -> float:
    return -1.0 if spread.low is None or spread.high is None else spread.high - spread.low


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _parse(word: str) -> Rule:
    for kind, pattern in _WRITTEN.items():
        found = pattern.fullmatch(word)
        if found:
            said = found.groupdict()
            return Rule(kind, said.get("criterion") or "", float(said.get("figure") or 0))  # type: ignore[arg-type]
    raise WrongUsage(f"there is no rule '{word}'.", mend=_mend(word))


def _mend(word: str) -> str:
    kind = word.partition(":")[0].partition(">")[0].strip().lower()
    forms = [form for form in FORMS.split(", ") if form.startswith(kind)] if kind else []
    return f"Write {' or '.join(forms)}." if forms else f"Rules are {FORMS}."
