from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.blinding import Step, apart, plan, repeat_places, weave_repeats

shares = st.floats(0, 0.5)


def sequence_of(size: int) -> list[Step]:
    return plan(["ana"], [("a", "b")] * size, 1, "seed")[0]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 700), shares, st.text(max_size=3))
def test_repeats_are_as_many_as_asked_far_apart_mirrored_and_none_twice(size: int, share: float, seed: str) -> None:
    sequence = sequence_of(size)
    woven = weave_repeats(sequence, share, seed, "ana")
    assert [step for step in woven if not step.repeat] == sequence
    originals = {step.task: (at, step.order) for at, step in enumerate(woven) if not step.repeat}
    repeats = [(at, step) for at, step in enumerate(woven) if step.repeat]
    assert len(repeats) == len({step.task for _, step in repeats}) == round(size * share)
    for at, step in repeats:
        place, order = originals[step.task]
        assert at - place - 1 >= apart(size)
        assert step.order == order[::-1]


def test_repeats_come_all_along_the_way() -> None:
    places = repeat_places(1000, 0.05, b"key")
    assert len(places) == 50
    assert [before for before, _ in places] == sorted(before for before, _ in places)
    for tenth in range(8):
        assert sum(200 + tenth * 100 < before <= 300 + tenth * 100 for before, _ in places) >= 5
    assert apart(1000) == 200
    assert apart(30) == 10


def test_the_key_decides_what_comes_again() -> None:
    assert repeat_places(400, 0.05, b"a") == repeat_places(400, 0.05, b"a")
    assert repeat_places(400, 0.05, b"a") != repeat_places(400, 0.05, b"b")
    sequence = sequence_of(100)
    assert weave_repeats(sequence, 0.1, "seed", "ana") != weave_repeats(sequence, 0.1, "seed", "bob")


@pytest.mark.parametrize("share", [-0.01, 0.51, float("nan")])
def test_a_share_that_makes_no_sense_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        repeat_places(10, share, b"key")
