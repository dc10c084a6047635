"""Checks against a reference, a pattern, a length."""

from __future__ import annotations

import pytest

from reviewer.triage.checks import Check, Subject
from reviewer.triage.checks.plain import Contains, Exact, Length, Numeric, Pattern, TokenF1, normalised


@pytest.mark.parametrize(
    ("check", "output", "reference", "value"),
    [
        (Exact("e", {}), " Paris ", "Paris", True),
        (Exact("e", {}), "paris", "Paris", False),
        (Exact("e", {"normalised": True}), "The paris.", "Paris", True),
        (Exact("e", {}), "Paris", None, None),
        (Numeric("n", {}), "It is 1,200.", "1200", True),
        (Numeric("n", {"tolerance": 0.5}), "first 3, then 4.4", "4", True),
        (Numeric("n", {"relative": 0.1}), "89", "100", False),
        (Numeric("n", {}), "none", "5", False),
        (Numeric("n", {}), "5", "five", None),
        (TokenF1("t", {}), "a quick brown fox", "the brown fox", 0.8),
        (TokenF1("t", {}), "", "", 1.0),
        (TokenF1("t", {}), "", "x", 0.0),
        (Length("l", {"min_words": 2, "max_words": 3}), "one two", None, True),
        (Length("l", {"max_words": 1}), "one two", None, False),
        (Contains("c", {"all": ["Fee"], "none": ["guarantee"]}), "The fee is 20.", None, True),
        (Contains("c", {"none": ["Guarantee"]}), "We guarantee it.", None, False),
        (Contains("c", {"all": ["fee"]}), "", None, False),
        (Pattern("p", {"pattern": r"\bfee\b"}), "the fee", None, True),
        (Pattern("p", {"pattern": r"\bfee\b", "absent": True}), "the fee", None, False),
        (Pattern("p", {"pattern": r"(a|aa)+$"}), "a" * 60 + "b", None, None),
    ],
)
def test_each_says_what_it_should(check: Check, output: str, reference: str | None, value: object) -> None:
    found = check.examine(Subject(output, reference=reference))
    assert found.value == (pytest.approx(value) if isinstance(value, float) else value)
    assert found.value is not None or found.why
    assert all(output[span.start : span.end] for span in found.evidence)


def test_what_is_compared_without_case_and_articles() -> None:
    assert normalised("  The “Ｆｏｘ”, an  animal! ") == "fox animal"
