"""Figures against a reference, held against hand arithmetic and published examples."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import BadInput
from reviewer.store.machines import MachineOutput, MachineTask
from reviewer.triage.checking import subjects_of
from reviewer.triage.checks import Subject, made_of
from reviewer.triage.checks.logprobs import logprobs_of
from reviewer.triage.checks.reference import Bleu, Chrf, MultipleChoice, Perplexity, Rouge, longest_common

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)
SCORED = (Bleu("b", {}), Chrf("c", {}), Chrf("c", {"word_order": 2}), Rouge("r", {}), Rouge("r", {"variant": "rouge2"}))


def test_bleu_is_what_papineni_has_it_by_hand() -> None:
    # 5 of 5 words, 3 of 4 pairs, 2 of 3 threes, 1 of 2 fours; 5 words against 6.
    wanted = math.exp(1 - 6 / 5) * (1 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4)
    found = Bleu("b", {}).examine(Subject("the cat sat on mat", reference="the cat sat on the mat"))
    assert found.value == pytest.approx(wanted, rel=1e-9)
    # The effective order: two words have no threes and no fours.
    assert Bleu("b", {}).examine(Subject("the cat", reference="the cat")).value == pytest.approx(1)


def test_chrf_is_what_popovic_has_it_by_hand() -> None:
    # Letters: 2 of 2 and 2 of 3. Pairs: 1 of 1 and 1 of 2. The output has no threes.
    recall = (2 / 3 + 1 / 2) / 2
    found = Chrf("c", {}).examine(Subject("ab", reference="abc"))
    assert found.value == pytest.approx(5 * recall / (4 + recall), rel=1e-9)
    # Of one word out of two that are the same, chrF++ sees more.
    with_words = Chrf("c", {"word_order": 2}).examine(Subject("ab cd", reference="ab ce"))
    without = Chrf("c", {}).examine(Subject("ab cd", reference="ab ce"))
    assert with_words.value != without.value


@pytest.mark.parametrize(
    ("variant", "output", "value"),
    [
        # Lin 2004, section 3.1: S1 is the reference, then S2, S3 and S4.
        ("rougeL", "police kill the gunman", 3 / 4),
        ("rougeL", "the gunman kill police", 2 / 4),
        ("rougeL", "the gunman police killed", 2 / 4),
        ("rouge2", "police kill the gunman", 1 / 3),
        ("rouge2", "the gunman kill police", 1 / 3),
        ("rouge1", "the gunman kill police", 3 / 4),
        ("rouge1", "the the the gunman", 2 / 4),
        # Precision 2 of 2 and recall 2 of 4.
        ("rougeL", "Police, killed!", 2 * 1 * 0.5 / 1.5),
        ("rouge2", "gunman", 0.0),
        ("rougeL", "", 0.0),
    ],
)
def test_rouge_is_what_lin_has_it(variant: str, output: str, value: float) -> None:
    found = Rouge("r", {"variant": variant}).examine(Subject(output, reference="police killed the gunman"))
    assert found.value == pytest.approx(value)


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_the_longest_common_subsequence_is_the_longest(one: list[str], other: list[str]) -> None:
    def subsequences(of: list[str]) -> set[tuple[str, ...]]:
        return {chosen for size in range(len(of) + 1) for chosen in combinations(of, size)}

    assert longest_common(one, other) == max(map(len, subsequences(one) & subsequences(other)))


@given(ANY_TEXT, ANY_TEXT)
def test_any_text_gets_a_share_or_an_abstention(output: str, reference: str) -> None:
    for check in SCORED:
        value = check.examine(Subject(output, reference=reference)).value
        assert value is None or (isinstance(value, float) and 0 <= value <= 1)
        same = check.examine(Subject(reference, reference=reference)).value
        assert same is None or same == pytest.approx(1) or not any(map(str.isalnum, reference))
    assert MultipleChoice("m", {}).examine(Subject(output, reference=reference)).value in (True, False, None)


def test_without_a_reference_or_with_one_of_great_length_nothing_is_said() -> None:
    for check in SCORED:
        assert check.examine(Subject("a")).value is None
        assert check.examine(Subject("a", reference=" ")).value is None
        assert check.examine(Subject("a" * 100_001, reference="a")).value is None
    assert Rouge("r", {}).examine(Subject("a b " * 25_000, reference="b a " * 25_000)).value is not None


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ("B", "B"),
        ("b", "b"),
        (" (B) ", "B"),
        ("**B.**", "B"),
        ("B.", "B"),
        ("Answer: B", "B"),
        ("The answer is (B).", "B"),
        ("the final answer is **B**", "B"),
        ("A and C are wrong, as is D.\nAnswer: B", "B"),
        ("B. Paris, since it is the capital.", "B"),
        ("B) Paris", "B"),
        ("I would choose (B), because A city cannot be it.", "B"),
        ("The correct option is B because of the fee.", "B"),
    ],
)
def test_the_choice_is_read(output: str, shown: str) -> None:
    found = MultipleChoice("m", {}).examine(Subject(output, reference="B"))
    assert found.value is True
    assert [output[span.start : span.end] for span in found.evidence] == [shown]
    assert MultipleChoice("m", {}).examine(Subject(output, reference="(C)")).value is False


@pytest.mark.parametrize(
    ("output", "value"),
    [
        ("Answer: A", True),
        ("The answer is A.", True),
        ("The answer is A because of it.", True),
        ("The answer is A matter of taste.", False),
        ("A man walks in.", False),
        ("None of them.", False),
        ("", False),
        ("Answer: A. On second thought: answer: B.", None),
        ("A. one\nB. two\nC. three", None),
        ("Answer: E", False),
    ],
)
def test_what_chooses_nothing_is_wrong_and_what_chooses_several_cannot_be_told(output: str, value: bool | None) -> None:
    found = MultipleChoice("m", {}).examine(Subject(output, reference="A"))
    assert found.value is value
    assert found.why or value


def test_other_choices_and_references_without_one() -> None:
    check = MultipleChoice("m", {"choices": ["yes", "no", "not known"]})
    assert check.examine(Subject("Answer: not known", reference="not known")).value is True
    assert check.examine(Subject("Answer: no", reference="not known")).value is False
    assert check.examine(Subject("no", reference="Paris")).value is None
    assert check.examine(Subject("no")).value is None
    for wrong in (["A"], ["A", "a"], ["A", " "], ["A", "b" * 41]):
        with pytest.raises(BadInput):
            MultipleChoice("m", {"choices": wrong})


@pytest.mark.parametrize(
    ("logprobs", "value"),
    [
        ((math.log(0.5),) * 4, 2.0),
        ((math.log(0.25), math.log(1.0)), 2.0),
        ((0.0,), 1.0),
        ((1e-9, 0.0), 1.0),
        ((), None),
        ((math.nan, -1.0), None),
        ((-math.inf, -1.0), None),
        ((math.inf,), None),
        ((0.5, -1.0), None),
        ((-1e308, -1e308, -1e308), None),
        ((-9999.0,), None),
    ],
)
def test_perplexity_of_tokens(logprobs: tuple[float, ...], value: float | None) -> None:
    found = Perplexity("p", {}).examine(Subject("x", logprobs=logprobs))
    assert found.value == (None if value is None else pytest.approx(value))
    assert found.why or value is not None


def test_log_probabilities_are_taken_where_they_are_the_outputs_own() -> None:
    chat = {"content": [{"token": "No", "logprob": -0.5}, {"token": " fee", "logprob": -1}]}
    legacy = {"tokens": ["No", " fee"], "token_logprobs": [-0.5, -1]}
    for written in (chat, chat["content"], legacy):
        assert logprobs_of("No fee", [], {"logprobs": written}) == (-0.5, -1.0)
        assert logprobs_of("A fee", [], {"logprobs": written}) == ()
        assert logprobs_of("A fee", [{"text": "A fee", "logprobs": written}], {}) == (-0.5, -1.0)
    assert logprobs_of("a b", [{"logprobs": [-1]}, {"text": ""}, {"logprobs": [-2.5]}], {}) == (-1.0, -2.5)
    # Figures alone do not say to which of an item's outputs they belong.
    assert logprobs_of("a b", [], {"logprobs": [-1, -2]}) == ()
    broken: object
    for broken in (None, 3, "x", [None], [True], ["-1"], {"content": 3}, {"token_logprobs": [{}]}, [[-1]]):
        assert logprobs_of("a", [{"logprobs": broken}], {"logprobs": broken}) == ()
    assert math.isnan(logprobs_of("a", [{"logprobs": [-(10**400)]}], {})[0])


def test_subjects_have_their_system_turns_and_log_probabilities() -> None:
    turns = [{"role": "system", "text": "Be brief."}, {"role": "user", "text": "A fee?"}]
    outputs = tuple(MachineOutput(str(number), text, [], "") for number, text in enumerate(("No fee", "A fee")))
    meta = {"metadata": {"logprobs": [{"token": "No", "logprob": -1.0}, {"token": " fee", "logprob": -2.0}]}}
    first, second = subjects_of(MachineTask("t", "k", 0, None, turns, [], None, meta, outputs))
    assert first.system == "Be brief."
    assert first.prompt == "Be brief.\n\nA fee?"
    assert (first.logprobs, second.logprobs) == ((-1.0, -2.0), ())


def test_what_is_no_option_is_said_with_its_place() -> None:
    for wrong in (
        {"type": "rouge", "variant": "rouge9"},
        {"type": "chrf", "word_order": 1},
        {"type": "multiple_choice", "choices": []},
    ):
        with pytest.raises(BadInput) as caught:
            made_of({"name": "x", "check": [wrong]}, "checks.toml")
        assert caught.value.where == "checks.toml: check 1"
        assert caught.value.mend
