"""Declared rules: which outputs are set aside as obvious, and which go to people."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reviewer.errors import BadInput
from reviewer.triage.checks.model import Finding

Then = Literal["pass", "fail", "expert"]
THENS: tuple[Then, ...] = ("pass", "fail", "expert")

_CONDITION = re.compile(r"\s*([A-Za-z_][\w-]{0,63})\s*(==|!=|<=|>=|<|>)\s*(true|false|-?\d{1,12}(?:\.\d{1,9})?)\s*")
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A check's value held against another."""

    check: str
    compared: str
    value: bool | float

    def holds(self, findings: Mapping[str, Finding]) -> bool:
        """Whether the check said so. One that could not tell never did."""
        found = findings.get(self.check)
        if found is None or found.value is None or isinstance(found.value, str):
            return False
        return _COMPARED[self.compared](found.value, self.value)


@dataclass(frozen=True, slots=True)
class Rule:
    """Where all of `when` hold, an output is a `pass`, a `fail`, or for an `expert`."""

    name: str
    when: tuple[Condition, ...]
    then: Then


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say of an output, and the first that said so; empty where none did."""

    then: Then | Literal[""]
    rule: str


def decide(rules: Sequence[Rule], findings: Mapping[str, Finding]) -> Decision:
    """What becomes of an output: whatever one rule wants an expert to see goes there, and a fail comes before a pass.

    What no rule speaks of is set aside by none.
    """
    held = [rule for rule in rules if all(condition.holds(findings) for condition in rule.when)]
    for then in ("expert", "fail", "pass"):
        for rule in held:
            if rule.then == then:
                return Decision(then, rule.name)
    return Decision("", "")


def read_condition(text: str, checks: Mapping[str, str], where: str) -> Condition:
    """A condition such as `negation == false` or `overlap < 0.2`; `checks` gives what each check's values are.

    Raises BadInput.
    """
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise BadInput(
            f"{text!r} is no condition.", where=where, mend='Write such as "negation == false" or "overlap < 0.2".'
        )
    check, compared, written = match.groups()
    if check not in checks:
        known = ", ".join(checks)
        raise BadInput(f"there is no check '{check}'.", where=where, mend=f"There are {known}.")
    is_truth = written in ("true", "false")
    if is_truth != (checks[check] == "boolean"):
        kind = "true or false" if checks[check] == "boolean" else "a number"
        raise BadInput(f"the check '{check}' gives {kind}.", where=where, mend=f"Compare it with {kind}.")
    if is_truth and compared not in ("==", "!="):
        raise BadInput(f"true and false have no order in {text!r}.", where=where, mend="Compare with == or !=.")
    return Condition(check, compared, written == "true" if is_truth else float(written))


def then_of(written: object, where: str) -> Then:
    """What a rule decides. Raises BadInput."""
    if written not in THENS:
        raise BadInput(f"then = {written!r} is none that there is.", where=where, mend=f"Take {', '.join(THENS)}.")
    return written
