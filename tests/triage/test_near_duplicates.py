"""Signatures estimate the similarity of texts, and near copies are found, each time the same."""

from __future__ import annotations

import os
import subprocess
import sys
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.triage.near_duplicates import PLACES, SHINGLE, clusters, normalised, signature, similarity

WORDS = ("client", "holds", "no", "prior", "sanctions", "and", "was", "seen", "in", "register", "court", "friday")


def jaccard(one: str, other: str) -> float:
    """Of the sets of shingles, in plain Python."""

    def shingles(text: str) -> set[str]:
        text = normalised(text)
        return {text[at : at + SHINGLE] for at in range(max(1, len(text) - SHINGLE + 1))} if text else set()

    left, right = shingles(one), shingles(other)
    return len(left & right) / len(left | right) if left or right else 0.0


def a_text(random: Random, words: int) -> str:
    return " ".join(random.choice(WORDS) + str(random.randint(0, 99)) for _ in range(words))


def changed(random: Random, text: str, share: float) -> str:
    words = text.split()
    for _ in range(round(share * len(words))):
        words[random.randrange(len(words))] = random.choice(WORDS) + str(random.randint(100, 999))
    return " ".join(words)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 400), st.floats(0, 0.6))
def test_the_share_of_equal_places_is_near_the_exact_similarity(seed: int, words: int, share: float) -> None:
    random = Random(seed)
    one = a_text(random, words)
    other = changed(random, one, share)
    exact = jaccard(one, other)
    # Five standard errors of 128 places.
    assert abs(float(similarity(signature(one), signature(other))) - exact) <= 5 * np.sqrt(0.25 / PLACES)


def test_over_many_pairs_the_estimate_is_neither_high_nor_low() -> None:
    random = Random(4)
    for words in (4, 40, 400):
        off = []
        for _ in range(150):
            one = a_text(random, words)
            other = changed(random, one, random.random() / 2)
            off.append(float(similarity(signature(one), signature(other))) - jaccard(one, other))
        assert abs(np.mean(off)) < 4 * np.std(off) / np.sqrt(len(off)) + 0.002
        assert np.std(off) < 0.06


def test_near_copies_are_together_and_others_are_not() -> None:
    random = Random(7)
    texts, origin = [], []
    for number in range(300):
        text = a_text(random, 120)
        for _ in range(1 + number % 4):
            texts.append(changed(random, text, 0.01))
            origin.append(number)
    found = clusters(np.stack([signature(text) for text in texts]))
    pairs = [(a, b) for a in range(len(texts)) for b in range(a) if origin[a] == origin[b]]
    clear = [(a, b) for a, b in pairs if jaccard(texts[a], texts[b]) >= 0.9]
    assert len(clear) > 50
    assert np.mean([found[a] == found[b] for a, b in clear]) >= 0.98
    for place, leader in enumerate(found):
        assert leader <= place
        assert found[leader] == leader
        assert origin[leader] == origin[place]
        assert jaccard(texts[leader], texts[place]) > 0.65


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=25), st.floats(0.1, 1))
def test_any_texts_have_clusters_led_by_their_first(texts: list[str], threshold: float) -> None:
    made = np.stack([signature(text) for text in texts]) if texts else np.zeros((0, PLACES), dtype=np.uint32)
    found = clusters(made, threshold)
    for place, leader in enumerate(found):
        assert leader <= place
        assert found[leader] == leader
        if leader != place:
            assert similarity(made[leader], made[place]) >= threshold
    for place, text in enumerate(texts):
        same = [at for at, other in enumerate(texts) if normalised(other) == normalised(text)]
        if normalised(text):
            assert {int(found[at]) for at in same} == {int(found[place])}
        else:
            assert found[place] == place


def test_texts_of_all_kinds_have_a_signature() -> None:
    for text in ("x", "制裁歴なし", "\ud800 alone", "👩‍👩‍👧 " * 40, "\x00\x1b[31m", "e\u0301" * 30):
        assert signature(text).shape == (PLACES,)
        assert signature(text).dtype == np.uint32
        assert similarity(signature(text), signature(text)) == 1
    assert (signature("STRASSE  und\nWeg") == signature(" straße und weg ")).all()
    for empty in ("", " \n\t"):
        assert similarity(signature(empty), signature("")) == 0
    huge = "a long story " * 400_000
    assert signature(huge).shape == (PLACES,)


def test_many_equal_texts_are_one_cluster_at_once() -> None:
    made = np.repeat(np.stack([signature("the same"), signature("another text")]), 50_000, axis=0)
    found = clusters(made)
    assert np.unique(found).tolist() == [0, 50_000]


def test_another_process_makes_the_same_signature() -> None:
    code = (
        "from reviewer.triage.near_duplicates import signature;"
        "print(signature('No prior sanctions, says the register.').tolist())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert told == {f"{signature('No prior sanctions, says the register.').tolist()}\n"}


def test_what_is_no_signature_is_refused() -> None:
    for width, threshold in ((3, 0.8), (PLACES, 0.0), (PLACES, 1.2)):
        with pytest.raises(ValueError, match=" "):
            clusters(np.zeros((2, width), dtype=np.uint32), threshold)
