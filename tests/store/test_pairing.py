"""Which outputs make a task: evenly spread pairs, pairs that are made once, and comparisons that hang together."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import WrongUsage
from reviewer.ids import digest
from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.store.intake import Intake, NewItem, NewOutput
from reviewer.store.pairing import pair
from reviewer.store.pairs import Answer, Pairs, balanced, comparable, edge, groups, parse_pairs
from tests.store.filling import ask, fresh

pytestmark = pytest.mark.both_databases

SYSTEMS = "abcdef"
HOLES = st.lists(st.sets(st.sampled_from(SYSTEMS[:4])), min_size=1, max_size=6)


def item(number: int, systems: set[str] | str) -> NewItem:
    said = f"item {number}"
    outputs = [NewOutput(system, "", 0, system, "[]", digest([said, system])) for system in sorted(systems)]
    return NewItem(
        number, f"k{number}", f'[{{"role":"user","text":"{said}"}}]', "[]", None, "{}", digest(said), outputs
    )


def take(store: Store, items: list[NewItem], pairs: Pairs | None = None, kind: str = "pairwise") -> None:
    """One import into the queue `q`."""
    with store.writing() as connection:
        queue = queues.find(connection, "q") or queues.create(
            connection, "q", stream=store.device, actor="lead", kind=kind
        )
    with Intake(store, queue, actor="lead") as intake:
        for start in range(0, len(items), 3):
            intake.add(items[start : start + 3])
        pair(intake, pairs)
        intake.publish(settings={} if pairs is None else {"pairs": pairs.text})


def made(store: Store) -> list[tuple[str, tuple[str, ...]]]:
    """Each open task as its key and systems, by slot, in the order of positions."""
    with store.reading() as connection:
        size = connection.execute("SELECT size FROM queue WHERE name = 'q'").fetchone()[0]
        rows = ask(
            connection,
            "SELECT t.position, t.key, s.name FROM task t JOIN task_output x ON x.task = t.id "
            "JOIN output o ON o.id = x.output JOIN system s ON s.id = o.system "
            "WHERE t.state = 'open' AND t.position < ? ORDER BY t.position, x.slot",
            size,
        ).fetchall()
    tasks: dict[int, tuple[str, tuple[str, ...]]] = {}
    for position, key, system in rows:
        tasks[position] = (key, (*tasks.get(position, ("", ()))[1], system))
    return list(tasks.values())


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("all", Pairs()),
        ("baseline=model a v2", Pairs("baseline", baseline="model a v2")),
        ("balanced=12", Pairs("balanced", number=12)),
    ],
)
def test_what_pairs_may_say(text: str, pairs: Pairs) -> None:
    assert parse_pairs(text) == pairs
    assert parse_pairs(pairs.text) == pairs


@pytest.mark.parametrize(
    "text", ["", "some", "all=2", "baseline", "baseline= ", "balanced=0", "balanced=-1", "balanced=x"]
)
def test_what_pairs_may_not_say(text: str) -> None:
    with pytest.raises(WrongUsage) as error:
        parse_pairs(text)
    assert error.value.mend


@given(systems=st.integers(2, 7), items=st.integers(1, 40), number=st.integers(1, 25), seed=st.text(max_size=3))
def test_balanced_pairs_cover_every_pair_of_systems_within_one(
    systems: int, items: int, number: int, seed: str
) -> None:
    answers = [Answer(f"o{name}", f"s{name}") for name in range(systems)]
    counts: Counter[tuple[str, str]] = Counter({edge(a.system, b.system): 0 for a, b in combinations(answers, 2)})
    for key in range(items):
        chosen = balanced(comparable(answers, set()), number, counts, seed=seed, key=str(key))
        assert len({edge(a.output, b.output) for a, b in chosen}) == min(number, len(counts)) == len(chosen)
        counts.update(edge(a.system, b.system) for a, b in chosen)
        assert max(counts.values()) - min(counts.values()) <= 1


def test_ties_are_drawn_by_the_seed_and_the_key() -> None:
    choice = comparable([Answer(str(n), str(n)) for n in range(9)], set())
    drawn = [balanced(choice, 3, {}, seed=seed, key=key) for seed in "ab" for key in "xyz"]
    assert drawn == [balanced(choice, 3, {}, seed=seed, key=key) for seed in "ab" for key in "xyz"]
    assert len({tuple(pairs) for pairs in drawn}) > 1


def test_outputs_of_one_system_make_no_pair() -> None:
    answers = [Answer("1", "a"), Answer("2", "a"), Answer("3", "b")]
    assert [(a.output, b.output) for a, b in comparable(answers, set())] == [("1", "3"), ("2", "3")]
    assert [(a.output, b.output) for a, b in comparable(answers, {("2", "3")})] == [("1", "3")]


@given(edges=st.lists(st.tuples(st.sampled_from(SYSTEMS), st.sampled_from(SYSTEMS)), max_size=8))
def test_groups_are_what_can_be_reached(edges: list[tuple[str, str]]) -> None:
    found = groups(SYSTEMS, {edge(a, b): 1 for a, b in edges if a != b})
    assert sorted(name for group in found for name in group) == list(SYSTEMS)
    for group in found:
        reached = {group[0]}
        for _ in SYSTEMS:
            reached |= {b for pair_ in edges for a, b in (pair_, pair_[::-1]) if a in reached}
        assert reached == set(group)


def test_a_comparison_that_was_taken_back_joins_nothing() -> None:
    assert groups("ab", {("a", "b"): 0}) == [["a"], ["b"]]


@pytest.mark.only_a_file
@settings(max_examples=25, deadline=None)
@given(holes=HOLES)
def test_all_makes_each_pair_once(holes: list[set[str]]) -> None:
    with TemporaryDirectory() as folder:
        store = fresh(Path(folder))
        take(store, [item(number, systems) for number, systems in enumerate(holes)])
        expected = [(f"k{number}", two) for number, names in enumerate(holes) for two in combinations(sorted(names), 2)]
        assert made(store) == expected


@pytest.mark.only_a_file
@settings(max_examples=25, deadline=None)
@given(holes=HOLES, pairs=st.sampled_from([Pairs(), Pairs("baseline", baseline="a")]), data=st.data())
def test_any_split_over_imports_makes_the_same_pairs(holes: list[set[str]], pairs: Pairs, data: st.DataObject) -> None:
    whole = [(number, system) for number, systems in enumerate(holes) for system in systems]
    if pairs.mode == "baseline":
        whole.append((99, "a"))
    first = data.draw(st.sets(st.sampled_from(whole))) if whole else set()
    if pairs.mode == "baseline":
        first.add((99, "a"))
    with TemporaryDirectory() as folder, TemporaryDirectory() as other:
        at_once, in_two = fresh(Path(folder)), fresh(Path(other))
        take(at_once, [item(number, system) for number, system in whole], pairs)
        take(in_two, [item(number, system) for number, system in first], pairs)
        take(in_two, [item(number, system) for number, system in whole if (number, system) not in first])
        found = [sorted((key, frozenset(two)) for key, two in made(store)) for store in (at_once, in_two)]
        assert {*found[0]} == {*found[1]}
        assert len(found[0]) == len({*found[0]}) == len(found[1])


@pytest.mark.only_a_file
@settings(max_examples=15, deadline=None)
@given(items=st.integers(1, 9), number=st.integers(1, 7), split=st.integers(0, 9))
def test_balanced_imports_cover_evenly_over_all_of_them(items: int, number: int, split: int) -> None:
    whole = [item(each, "abcd") for each in range(items)]
    with TemporaryDirectory() as folder:
        store = fresh(Path(folder))
        take(store, whole[:split], Pairs("balanced", number=number))
        take(store, whole[split:] + whole[:split])
        counts = Counter(dict.fromkeys(combinations("abcd", 2), 0))
        counts.update((one, other) for _, (one, other) in made(store))
        assert max(counts.values()) - min(counts.values()) <= 1
        assert set(Counter(key for key, _ in made(store)).values()) == {min(number, 6)}


def test_an_item_that_has_its_pairs_gets_no_more(tmp_path: Path) -> None:
    store = fresh(tmp_path / "home")
    take(store, [item(0, "ab")], Pairs("balanced", number=1))
    take(store, [item(0, "abc"), item(1, "c")])
    assert made(store) == [("k0", ("a", "b"))]
    take(store, [item(0, "d")], Pairs("balanced", number=2))
    assert len(made(store)) == 2


def test_many_tasks_keep_dense_positions_and_slots_in_the_order_of_coming(tmp_path: Path) -> None:
    store = fresh(tmp_path / "home")
    names = [f"s{number:02d}" for number in range(70)]
    take(store, [item(0, set(names))])
    take(store, [item(1, {"s01"}), item(1, {"s00"})])
    assert made(store) == [("k0", two) for two in combinations(names, 2)] + [("k1", ("s01", "s00"))]
    with store.reading() as connection:
        positions = [row[0] for row in connection.execute("SELECT position FROM task ORDER BY position")]
        batches = connection.execute("SELECT first, size FROM batch ORDER BY first").fetchall()
        public = [row[0] for row in connection.execute("SELECT public_id FROM task_output")]
    assert positions == list(range(70 * 69 // 2 + 1))
    assert batches == [(0, 2415), (2415, 1)]
    assert len(set(public)) == len(public) == 2 * len(positions)
    assert all(len(identifier) == 8 for identifier in islice(public, 20))


def test_outputs_that_come_far_apart_meet_once(tmp_path: Path) -> None:
    store = fresh(tmp_path / "home")
    take(store, [item(number, system) for system in "ab" for number in range(300)])
    assert made(store) == [(f"k{number}", ("a", "b")) for number in range(300)]
