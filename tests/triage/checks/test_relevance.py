"""How much of an output each passage has."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import BadInput
from reviewer.triage.checks import Passage, Subject
from reviewer.triage.checks.relevance import Relevance

PASSAGES = (
    Passage("Fees", "The fee is small. A transfer fee applies to banks abroad."),
    Passage("Banks", "Banks close on Sunday. Rain falls."),
    Passage("Weather", "Nothing of that."),
)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)


def test_the_figures_are_those_of_the_formula_by_hand() -> None:
    # Of three passages one has fee and transfer, two have bank, and none has Oslo.
    one, two, none = (math.log(1 + (3 - having + 0.5) / (having + 0.5)) for having in (1, 2, 0))
    every = 2 * one + two + none
    told = Subject("The transfer fees of banks: Oslo.", context=PASSAGES)
    found = Relevance("r", {}).examine(told)
    assert found.value == pytest.approx((2 * one + two) / every, rel=1e-12)
    shown = {span.where: PASSAGES[int(span.where[-1]) - 1].text[span.start : span.end] for span in found.evidence}
    assert shown == {"context:1": "A transfer fee applies to banks abroad", "context:2": "Banks close on Sunday"}
    assert [span.note for span in found.evidence] == [
        f"has {(2 * one + two) / every:.0%} of the output's words",
        f"has {two / every:.0%} of the output's words",
    ]
    assert Relevance("r", {"of": "used", "least": 0.5}).examine(told).value == pytest.approx(1 / 3)
    assert Relevance("r", {"of": "used", "least": two / every - 1e-9}).examine(told).value == pytest.approx(2 / 3)


def test_a_copy_has_all_and_another_text_nothing() -> None:
    check = Relevance("r", {})
    assert check.examine(Subject(PASSAGES[0].text, context=PASSAGES)).value == pytest.approx(1)
    found = check.examine(Subject("Quantum chromodynamics.", context=PASSAGES))
    assert (found.value, found.evidence) == (0.0, ())


def test_where_nothing_can_be_said() -> None:
    check = Relevance("r", {})
    assert check.examine(Subject("Fee")).value is None
    assert check.examine(Subject("It is not.", context=PASSAGES)).value is None
    for wrong in ({"of": "all"}, {"least": 0}, {"least": 1.5}, {"least": float("nan")}):
        with pytest.raises(BadInput):
            Relevance("r", wrong)


@given(ANY_TEXT, st.lists(ANY_TEXT, min_size=1, max_size=4))
def test_any_text_gets_a_share_or_an_abstention(output: str, texts: list[str]) -> None:
    told = Subject(output, context=tuple(Passage("", text) for text in texts))
    for of in ("best", "used"):
        found = Relevance("r", {"of": of}).examine(told)
        assert found.value is None or (isinstance(found.value, float) and 0 <= found.value <= 1)
        for span in found.evidence:
            assert 0 <= span.start < span.end <= len(texts[int(span.where.partition(":")[2]) - 1])
