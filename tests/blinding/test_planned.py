from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reviewer.blinding import Step, plan

SYSTEMS = "abcdefg"


def raters_of(number: int) -> list[str]:
    return [f"rater {at}" for at in range(number)]


def pairs_of(systems: int) -> st.SearchStrategy[tuple[str, str]]:
    system = st.sampled_from(SYSTEMS[:systems])
    return st.tuples(system, system).filter(lambda pair: pair[0] != pair[1])


pair_tasks = st.integers(2, 7).flatmap(lambda systems: st.lists(pairs_of(systems), max_size=60))
seeds = st.text(max_size=4)


def leads(tasks: Sequence[Sequence[str]], steps: Sequence[Step]) -> list[int]:
    """The largest |left − right| of any system after each step."""
    lead: Counter[str] = Counter()
    worst: list[int] = []
    for step in steps:
        first, second = (tasks[step.task][slot] for slot in step.order)
        lead[first] += 1
        lead[second] -= 1
        worst.append(max(abs(value) for value in lead.values()))
    return worst


def couples(number: int) -> list[tuple[int, int]]:
    return [(at, at + 1) for at in range(0, number - 1, 2)]


@settings(max_examples=120, deadline=None)
@given(st.integers(1, 9), pair_tasks, st.integers(0, 10), seeds)
@example(3, [("a", "b"), ("b", "c"), ("c", "a")], 2, "")
@example(5, [("a", "b")] * 7, 4, "x")
def test_every_task_goes_to_as_many_raters_as_asked(
    number: int, tasks: list[tuple[str, str]], overlap: int, seed: str
) -> None:
    plans = plan(raters_of(number), tasks, overlap, seed)
    views = Counter(step.task for steps in plans for step in steps)
    assert views == {task: min(overlap or number, number) for task in range(len(tasks))}
    for steps in plans:
        assert len({step.task for step in steps}) == len(steps)
        assert {step.order for step in steps} <= {(0, 1), (1, 0)}
        assert not any(step.repeat for step in steps)


@settings(max_examples=120, deadline=None)
@given(st.integers(1, 9), pair_tasks, st.integers(0, 10), seeds)
@example(3, [("a", "b"), ("b", "c"), ("c", "a")], 2, "")
def test_each_system_is_left_and_right_equally_often_at_every_point(
    number: int, tasks: list[tuple[str, str]], overlap: int, seed: str
) -> None:
    plans = plan(raters_of(number), tasks, overlap, seed)
    views = min(overlap or number, number)
    for steps in plans:
        assert max(leads(tasks, steps), default=0) <= (1 if views % 2 == 0 or views == 1 else 2)
    if views % 2 and number % 2:
        assert max(leads(tasks, plans[-1]), default=0) <= 1  # a lone rater has one block


@settings(max_examples=120, deadline=None)
@given(st.integers(2, 9), pair_tasks, st.integers(2, 10), seeds)
def test_a_task_is_shown_in_both_orders_equally_often(
    number: int, tasks: list[tuple[str, str]], overlap: int, seed: str
) -> None:
    views = min(overlap, number)
    forward: Counter[int] = Counter()
    for steps in plan(raters_of(number), tasks, overlap, seed):
        forward.update(step.task for step in steps if step.order == (0, 1))
    for task in range(len(tasks)):
        assert abs(2 * forward[task] - views) == views % 2


@settings(max_examples=80, deadline=None)
@given(st.integers(2, 9), pair_tasks, st.integers(2, 10), seeds)
def test_a_couple_has_the_same_tasks_in_the_same_order_and_what_is_single_comes_last(
    number: int, tasks: list[tuple[str, str]], overlap: int, seed: str
) -> None:
    plans = plan(raters_of(number), tasks, overlap, seed)
    views = min(overlap, number)
    for one, other in couples(number):
        first, second = plans[one], plans[other]
        both = {step.task for step in first} & {step.task for step in second}
        shared = len(both)
        assert {step.task for step in first[:shared]} == both
        for mine, theirs in zip(first[:shared], second[:shared], strict=True):
            assert mine.task == theirs.task
            assert mine.order == theirs.order[::-1]
        if views % 2:
            assert max(leads(tasks, first[:shared]), default=0) <= 1
            assert max(leads(tasks, first[shared:]), default=0) <= 1
        elif number % 2 == 0 or other < number - 2:
            assert len(first) == len(second) == shared


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 9), st.integers(0, 200), st.integers(1, 9), seeds)
def test_the_work_is_shared_out_evenly(number: int, size: int, overlap: int, seed: str) -> None:
    plans = plan(raters_of(number), [("a", "b")] * size, overlap, seed)
    loads = [len(steps) for steps in plans]
    views = min(overlap, number)
    if number % 2 and views % 2 == 0 and views == number - 1:
        assert min(loads) >= 2 * size // 3 - 2
    else:
        assert max(loads) - min(loads) <= 5


def test_a_lone_rater_among_many_systems_has_a_fair_share() -> None:
    tasks = [(SYSTEMS[at % 7], SYSTEMS[(at * at + at // 7 + 1 + at % 7) % 7]) for at in range(900)]
    tasks = [pair for pair in tasks if pair[0] != pair[1]]
    loads = [len(steps) for steps in plan(raters_of(3), tasks, 2, "seed")]
    assert max(loads) - min(loads) <= 40
    assert max(loads) - min(loads) < len(tasks) / 10


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 6), pair_tasks, st.integers(0, 6))
def test_the_same_arguments_give_the_same_plan(number: int, tasks: list[tuple[str, str]], overlap: int) -> None:
    assert plan(raters_of(number), tasks, overlap, "s") == plan(raters_of(number), tasks, overlap, "s")


def test_seed_batch_and_couple_decide_the_order() -> None:
    tasks = [("a", "b")] * 100

    def sequences(seed: str, batch: int) -> list[tuple[int, ...]]:
        plans = plan(raters_of(4), tasks, 0, seed, batch=batch)
        return [tuple(step.task for step in plans[one]) for one, _ in couples(4)]

    drawn = {*sequences("s", 0), *sequences("s", 1), *sequences("t", 0)}
    assert len(drawn) == 6


def test_a_plan_is_the_same_on_every_machine() -> None:
    tasks = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "b"), ("c", "b")]
    first, second = plan(["ana", "bob"], tasks, 2, "seed")
    expected = [(2, 0), (4, 1), (0, 0), (3, 0), (1, 0)]
    assert [(step.task, step.order[0]) for step in first] == expected
    assert [(step.task, step.order[1]) for step in second] == expected


def test_each_order_is_as_likely_for_a_task() -> None:
    tasks = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "d")]
    forward: Counter[int] = Counter()
    for seed in range(1000):
        for step in plan(["ana"], tasks, 1, str(seed))[0]:
            forward[step.task] += step.order == (0, 1)
    assert all(430 < forward[task] < 570 for task in range(4))  # beyond four standard deviations of 15.8


def test_a_system_against_itself_is_balanced_in_itself() -> None:
    plans = plan(raters_of(3), [("a", "a"), ("a", "b")] * 30, 2, "seed")
    for steps in plans:
        assert max(leads([("a", "a"), ("a", "b")] * 30, steps)) <= 1


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 5), st.integers(3, 8), st.integers(0, 60), st.integers(1, 5), seeds)
def test_each_system_of_a_line_up_stands_at_each_place_equally_often(
    number: int, size: int, length: int, overlap: int, seed: str
) -> None:
    # The slots are turned, so that a place of a slot is not a place of a system.
    tasks = [
        tuple(SYSTEMS[: size - 1] + "z")[at % size :] + tuple(SYSTEMS[: size - 1] + "z")[: at % size]
        for at in range(length)
    ]
    views = min(overlap, number)
    for steps in plan(raters_of(number), tasks, overlap, seed):
        placed: dict[int, Counter[str]] = defaultdict(Counter)
        for step in steps:
            assert sorted(step.order) == list(range(size))
            for place, slot in enumerate(step.order):
                placed[place][tasks[step.task][slot]] += 1
            for counts in placed.values():
                spread = max(counts.values()) - min(counts[system] for system in tasks[0])
                assert spread <= (1 if views == 1 or (views % 2 == 0 and number % 2 == 0) else 2)


def test_couples_see_rankings_reversed() -> None:
    first, second = plan(["ana", "bob"], [("a", "b", "c", "d")] * 20, 2, "seed")
    assert [step.order for step in first] == [step.order[::-1] for step in second]


def test_in_two_squares_each_system_comes_before_each_other_one_equally_often() -> None:
    (steps,) = plan(["ana"], [("a", "b", "c", "d", "e")] * 20, 1, "seed")
    before = Counter(
        (one, other) for step in steps for at, one in enumerate(step.order) for other in step.order[at + 1 :]
    )
    assert set(before.values()) == {10}


def test_a_task_of_one_output_and_nothing_at_all() -> None:
    assert plan(["ana"], [("a",)], 1, "seed") == [[Step(0, (0,))]]
    assert plan(["ana"], [()], 1, "seed") == [[Step(0, ())]]
    assert plan([], [("a", "b")], 2, "seed") == []
    assert plan(["ana", "bob"], [], 2, "seed") == [[], []]


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        plan(["ana"], [], -1, "seed")
    with pytest.raises(ValueError, match="twice"):
        plan(["ana", "ana"], [], 1, "seed")
