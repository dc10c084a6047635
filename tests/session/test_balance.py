"""What is promised of the sides, played through real stores and sittings, at every point."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.session.sitting import Sitting
from reviewer.store.connection import Store
from reviewer.store.queues import QueueRecord
from tests.store.comparing import faults, pairs_queue, seeded, set_up, systems_of, views
from tests.store.filling import fresh, sit

RATERS = ("ana", "bob", "cem", "dua", "eli")
SYSTEMS = ("alpha", "beta", "gamma", "delta")

played = settings(max_examples=15, deadline=None)
overlaps = st.integers(0, 4)
seeds = st.integers(0, 10**6).map(str)


@contextmanager
def stored() -> Iterator[Store]:
    with TemporaryDirectory() as folder:
        yield fresh(Path(folder) / "home")


def choose(sitting: Sitting, *, skip: bool = False) -> None:
    """Judges the open comparison, or passes it on."""
    assert sitting.view is not None
    if skip:
        step = sitting.skip("too long")
    else:
        key = "ranking" if sitting.view.kind == "ranking" else "preference"
        places = [[number] for number in range(1, len(sitting.view.outputs) + 1)]
        sitting.work.values[key] = places if key == "ranking" else 1
        step = sitting.submit()
    assert step.moved, step
    sitting.drain(10)


def shown_to(sitting: Sitting) -> tuple[str, ...]:
    assert sitting.view is not None
    return tuple(output.public_id for output in sitting.view.outputs)


def look_ahead(sitting: Sitting) -> None:
    """As a screen does where nobody waits."""
    for _view in sitting.ahead():
        pass


def worst_imbalance(sequence: Sequence[Sequence[str]]) -> int:
    """The greatest difference between the places of a system at any point, from systems in the order shown."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    worst = 0
    for shown in sequence:
        for place, system in enumerate(shown):
            counts[system][place] += 1
            at = [counts[system][one] for one in range(len(shown))]
            worst = max(worst, max(at) - min(at))
    return worst


def uneven(store: Store, queue: QueueRecord) -> dict[str, int]:
    """By task, how many views in an order lack their mirror."""
    shown: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for view in views(store, queue):
        if view.repeat_of is None:
            shown[view.task][view.shown] += 1
    return {
        task: sum(max(0, times - orders[order[::-1]]) for order, times in orders.items())
        for task, orders in shown.items()
    }


@played
@given(st.integers(1, 5), st.integers(1, 8), st.integers(2, 4), overlaps, seeds, st.data())
def test_a_planned_queue_is_even_at_every_point(
    raters: int, items: int, systems: int, overlap: int, seed: str, data: st.DataObject
) -> None:
    with stored() as store:
        queue = seeded(store, pairs_queue(store, items=items, systems=SYSTEMS[:systems], overlap=overlap), seed)
        queue = set_up(store, queue, order="planned", raters=list(RATERS[:raters]))
        named = systems_of(store, queue)
        orders: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
        seen = min(overlap or raters, raters)
        for rater in RATERS[:raters]:
            sequence = []
            sitting = sit(store, rater, "pairs")
            while sitting.view is not None:
                shown = shown_to(sitting)
                sequence.append([named[public_id] for public_id in shown])
                orders[sitting.view.task][shown] += 1
                choose(sitting, skip=data.draw(st.integers(0, 4)) == 0)
            assert sitting.size == len(sequence)
            assert sitting.close()
            assert worst_imbalance(sequence) <= (2 if seen > 1 and seen % 2 else 1)
        assert all(sum(counted.values()) == seen for counted in orders.values())
        if seen % 2 == 0:
            for counted in orders.values():
                assert len(set(counted.values())) == 1
                assert len(counted) == 2
        assert faults(store) == []


@played
@given(
    st.integers(2, 4),
    st.integers(1, 6),
    st.sampled_from(["pairwise", "ranking"]),
    overlaps,
    st.sampled_from([0, 0, 0.3]),
    seeds,
    st.data(),
)
def test_in_an_open_queue_every_second_view_mirrors_the_first(
    raters: int, items: int, kind: str, overlap: int, repeats: float, seed: str, data: st.DataObject
) -> None:
    with stored() as store:
        chosen = {"repeats": repeats} if repeats else {}
        queue = pairs_queue(store, items=items, systems=SYSTEMS[:3], kind=kind, overlap=overlap, settings=chosen)
        queue = seeded(store, queue, seed)
        sittings = {rater: sit(store, rater, "pairs") for rater in RATERS[:raters]}
        for _ in range(150):
            rater = data.draw(st.sampled_from(sorted(sittings)))
            sitting = sittings[rater]
            act = data.draw(st.sampled_from(["choose"] * 6 + ["skip", "move", "ahead", "leave", "again"]))
            if sitting.view is None:
                sitting.next_open()
            elif act in ("choose", "skip"):
                choose(sitting, skip=act == "skip")
            elif act == "move":
                sitting.move(1)
            elif act == "ahead":
                look_ahead(sitting)
            elif act == "leave" and len(sittings) > 1:
                assert sittings.pop(rater).close()
            elif act == "again":
                assert sitting.close()
                sittings[rater] = sit(store, rater, "pairs")
            assert all(lacking <= 1 for lacking in uneven(store, queue).values())
            if all(one.view is None for one in sittings.values()):
                break
        for sitting in sittings.values():
            assert sitting.close()
        named = systems_of(store, queue)
        tasks = items * (3 if kind == "pairwise" else 1)
        for rater in RATERS[:raters]:
            mine = [view for view in views(store, queue, rater) if view.repeat_of is None]
            assert len({view.task for view in mine}) == len(mine)
            if kind == "pairwise":
                bound = 2 * math.sqrt(tasks)
                assert worst_imbalance([[named[one] for one in view.shown] for view in mine]) <= bound
        assert faults(store) == []


@played
@given(st.integers(1, 5), st.sampled_from([0, 1, 2]), seeds, st.data())
def test_two_terminals_of_one_rater_share_one_sequence(
    items: int, overlap: int, seed: str, data: st.DataObject
) -> None:
    with stored() as store:
        queue = seeded(store, pairs_queue(store, items=items, systems=SYSTEMS[:3], overlap=overlap), seed)
        terminals = [sit(store, "ana", "pairs"), sit(store, "ana", "pairs"), sit(store, "bob", "pairs")]
        for _ in range(40):
            sitting = data.draw(st.sampled_from(terminals))
            act = data.draw(st.sampled_from(["choose", "choose", "move", "ahead"]))
            if sitting.view is None or act == "move":
                sitting.move(1)
            elif act == "ahead":
                look_ahead(sitting)
            elif not sitting.held_elsewhere:
                choose(sitting)
        for sitting in terminals:
            assert sitting.close()
        for rater in ("ana", "bob"):
            mine = views(store, queue, rater)
            assert [view.seq for view in mine] == list(range(len(mine)))
            assert len({view.task for view in mine}) == len(mine)
        assert all(lacking <= 1 for lacking in uneven(store, queue).values())
        assert faults(store) == []


@played
@given(st.integers(4, 12), st.sampled_from([0.1, 0.3, 0.5]), st.sampled_from(["planned", "open"]), seeds)
def test_repeats_come_mirrored_far_apart_and_as_often_as_asked(items: int, share: float, order: str, seed: str) -> None:
    with stored() as store:
        queue = seeded(store, pairs_queue(store, items=items, systems=SYSTEMS[:2]), seed)
        queue = set_up(store, queue, order=order, raters=["ana", "bob"], repeats=share)
        for rater in ("ana", "bob"):
            sitting = sit(store, rater, "pairs")
            sizes = set()
            while sitting.view is not None:
                sizes.add(sitting.size)
                choose(sitting)
            assert sitting.close()
            expected = items + round(items * share)
            assert sizes == {expected}
            mine = views(store, queue, rater)
            assert len(mine) == expected
            originals = {view.task: view for view in mine if view.repeat_of is None}
            repeats = [view for view in mine if view.repeat_of is not None]
            assert len({view.repeat_of for view in repeats}) == len(repeats)
            for view in repeats:
                original = originals[view.repeat_of or ""]
                between = [one for one in mine if original.seq < one.seq < view.seq]
                assert len(between) >= min(200, items // 3)
                assert named_by_output(store, view.shown) == named_by_output(store, original.shown)[::-1]
        assert not {view.task for view in views(store, queue, "ana") if view.repeat_of} & {
            view.task for view in views(store, queue, "bob")
        }
        assert faults(store) == []


def named_by_output(store: Store, shown: Sequence[str]) -> list[str]:
    with store.reading() as connection:
        return [
            connection.execute("SELECT output FROM task_output WHERE public_id = ?", (one,)).fetchone()[0]
            for one in shown
        ]
