"""A round with marked words in all that a member can say: none gets out before the reveal, whatever is asked."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

import reviewer.store
from reviewer.errors import ReviewerError
from reviewer.session import desk, rounds
from reviewer.session.listing import search_places
from reviewer.session.sitting import Sitting
from reviewer.session.starting import Plan, start
from reviewer.store import queues
from reviewer.store.connection import Store
from tests.cli.running import Command, commands
from tests.session.rounds_played import LEAD, Said, say, why
from tests.store.comparing import pairs_queue
from tests.store.filling import fill, fresh, record, sit

OPTION, REASON, WHY, OVERALL = "zebraoption", "zebrareason", "zebrawhy", "zebraoverall"
NOTE, CORRECTION, DRAFT, WORDS, SKIP = "zebranote", "zebracorrection", "zebradraft", "zebrawords", "zebraskip"
SECRETS = (OPTION, REASON, WHY, OVERALL, NOTE, CORRECTION, DRAFT, WORDS, SKIP)
RUBRIC: dict[str, Any] = {
    "name": "sealed",
    "preference": {"scale": 5},
    "criteria": [
        {"id": "verdict", "type": "choice", "options": ["plain", OPTION, "dull"], "reasons": [REASON]},
        {"id": "score", "type": "scale", "min": 1, "max": 5, "required": False},
        {"id": "words", "type": "text", "required": False},
    ],
}
MARKED: dict[str, dict[str, Any]] = {
    "rating": {"verdict": OPTION, "score": 5, "words": WORDS},
    "pairwise": {"preference": 2},
    "ranking": {"ranking": [[3], [1], [2]]},
}
PLAIN: dict[str, dict[str, Any]] = {
    "rating": {"verdict": "plain"},
    "pairwise": {"preference": 0},
    "ranking": {"ranking": [[1, 2, 3]]},
}
ITEMS = 6
BLIND = ("open", "locked")
OF_RUBRICS = ("reviewer.store.queues.rubrics_of",)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh(tmp_path / "home")


@pytest.fixture
def command(store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("COLUMNS", "400")
    return commands(store.path.parent, capsys)


def kept_secrets(store: Store, kind: str) -> str:
    """A round of `kind` in which ben has said all that he can, skipped one item and left one open; ana rated two."""
    if kind == "rating":
        fill(store, queue="kyc", items=ITEMS + 1, rubric=RUBRIC)
        parent = "kyc"
    else:
        pairs_queue(store, items=ITEMS, kind=kind, rubric=RUBRIC)
        parent = "pairs"
    card = start(store, parent, Plan(members=("ana", "ben"), items=ITEMS), LEAD).card
    on = "verdict" if kind == "rating" else "preference" if kind == "pairwise" else "ranking"
    document = {
        "values": MARKED[kind],
        "rationale": {on: why(WHY, REASON), "label": why(OVERALL)},
        "notes": NOTE,
        "flags": ["flagged"],
        "correction": {"text" if kind == "rating" else "@output:1": CORRECTION},
    }
    given: Iterator[Said] = iter([SKIP, *[document] * (ITEMS - 2)])
    say(store, card.name, "ben", lambda _: next(given, None))
    sitting = sit(store, "ben", card.name)
    sitting.work.notes = DRAFT
    sitting.touch()
    assert sitting.close()
    own = iter((PLAIN[kind], PLAIN[kind]))
    say(store, card.name, "ana", lambda _: next(own, None))
    return card.name


def leaks(told: str) -> list[str]:
    return [secret for secret in SECRETS if secret in told]


def asked(name: str, parent: str, folder: Path) -> Iterator[tuple[str, ...]]:
    """Everything that can be asked of the program about a round, and about all that there is."""
    for queue in (name, parent):
        yield from (
            ("queue", "show", queue),
            ("labels", "export", queue, "--rater", "ana"),
            ("labels", "export", queue),
            ("labels", "export", queue, "-f", "csv"),
            ("labels", "export", queue, "-o", str(folder / "all.jsonl")),
            ("labels", "export", queue, "--golden"),
            ("labels", "log", queue),
            ("labels", "log", queue, "--rater", "ana"),
            ("labels", "log", queue, "--item", "item-0000"),
            ("agreement", queue),
            ("agreement", queue, "--phase", "revote"),
            ("agreement", queue, "--include", "exposed", "--include", "surplus", "--raters", "all"),
            ("rank", queue),
            ("raters", queue),
            ("raters", queue, "--rater", "ana"),
            ("raters", queue, "--adjusted"),
            ("adjudicate", queue, "--list"),
            ("adjudicate", queue, "--rater", "lead", "--plain"),
            ("adjudicate", queue, "--consensus", "majority"),
            ("round", "status", queue),
        )
    yield from (
        ("queue", "list"),
        ("round", "status"),
        ("round", "show", name),
        ("round", "show", name, "--rater", "ben"),
        ("round", "certificates", name),
        ("round", "note", name, "text"),
        ("round", "finish", name),
        ("round", "reveal", name),
        ("audit", "show"),
        ("audit", "verify"),
        ("doctor",),
        ("rate", name, "--plain", "--rater", "ana"),
        ("rate", name, "--plain", "--rater", "lead"),
    )


@pytest.mark.parametrize("kind", ["rating", "pairwise", "ranking"])
def test_no_command_tells_what_another_said_before_the_reveal(
    store: Store, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    name = kept_secrets(store, kind)
    parent = "kyc" if kind == "rating" else "pairs"
    found: list[tuple[str, ...]] = []
    answered = 0
    for state in BLIND:
        if state == "locked":
            rounds.lock(store, name, LEAD)
        for arguments in asked(name, parent, tmp_path):
            for more in ((), ("--json",)):
                monkeypatch.setattr("sys.stdin", io.StringIO(":help\n:list\n:instructions\n:quit\n"))
                ran = command(*arguments, *more)
                assert ran.code in (0, 1, 2, 3, 130), (arguments, ran.err)
                answered += not ran.code
                said = ran.out + ran.err
                if arguments[:1] == ("rate",):
                    # The options of the rubric are there to be read.
                    said = said.replace(OPTION, "").replace(REASON, "")
                found += [(state, *arguments, *more, secret) for secret in leaks(said)]
        assert rounds.round_card(store, name).state == state
    written = [path for path in tmp_path.rglob("*") if path.is_file() and "reviewer.db" not in path.name]
    found += [("file", str(path), secret) for path in written for secret in leaks(path.read_text("utf-8", "replace"))]
    assert not found
    assert answered > 30, "the commands answer, and do not merely refuse"
    rounds.reveal(store, name, LEAD, incomplete=True)
    shown = command("round", "show", name).out + command("labels", "export", name).out
    expected = set(SECRETS) - {DRAFT} - (set() if kind == "rating" else {OPTION, WORDS})
    assert expected <= set(leaks(shown))


def of_queue(function: Callable[..., Any]) -> dict[str, inspect.Parameter] | None:
    """The parameters of a query that reads by a driver and a queue; None for any other function."""
    parameters = inspect.signature(function).parameters
    names = list(parameters)
    return (
        dict(parameters) if names[:1] in (["driver"], ["connection"]) and "queue" in names[1:2] + names[2:3] else None
    )


def queries() -> Iterator[tuple[str, Callable[..., Any], dict[str, inspect.Parameter]]]:
    """Every public function of the data layer that takes a queue."""
    for module in iter_modules(reviewer.store.__path__, "reviewer.store."):
        if module.ispkg:
            continue
        room = import_module(module.name)
        for name, function in inspect.getmembers(room, inspect.isfunction):
            if function.__module__ == module.name and not name.startswith("_"):
                parameters = of_queue(function)
                if parameters is not None:
                    yield f"{module.name}.{name}", function, parameters


def test_no_query_of_the_data_layer_tells_what_another_said_before_the_reveal(store: Store) -> None:
    name = kept_secrets(store, "rating")
    queue = record(store, name)
    with store.reading() as connection:
        ana, lead = (queues.rater_called(connection, one) for one in ("ana", LEAD))
        task = connection.execute("SELECT id FROM task WHERE queue = ? AND position = 0", (queue.id,)).fetchone()[0]
    known = {"task": task, "position": 0, "seq": 0, "key": "item-0000", "size": 6, "most": 100, "start": 0, "end": 6}
    known |= {
        "state": "flagged",
        "before": None,
        "after": "",
        "name": name,
        "by": "score",
        "overlap": 0,
        "child": queue.id,
    }
    read, found = 0, []
    for state in BLIND:
        if state == "locked":
            rounds.lock(store, name, LEAD)
        for where, function, parameters in queries():
            for rater in (ana, lead):
                given: list[Any] = []
                for parameter in list(parameters.values())[1:]:
                    if parameter.kind is inspect.Parameter.KEYWORD_ONLY or parameter.default is not parameter.empty:
                        continue
                    if parameter.name == "queue":
                        given.append(record(store, name) if "QueueRecord" in str(parameter.annotation) else queue.id)
                    else:
                        given.append({**known, "rater": rater}.get(parameter.name))
                try:
                    with store.reading() as connection:
                        told = function(connection, *given)
                        told = list(islice(told, 1000)) if isinstance(told, Iterator) else told
                except (ReviewerError, TypeError, AttributeError, KeyError, IndexError, AssertionError, ValueError):
                    continue
                read += 1
                found += [(state, where, secret) for secret in leaks(repr(told))]
    # What may be answered stands in the rubric, for everybody to read.
    found = [one for one in found if not (one[1] in OF_RUBRICS and one[2] in (OPTION, REASON))]
    assert not found
    assert read > 40


def test_no_sitting_and_no_desk_tells_what_another_said_before_the_reveal(store: Store) -> None:
    name = kept_secrets(store, "rating")
    sitting = Sitting.open(store, name, "ana")
    told = []
    for seq in range(ITEMS):
        sitting.go_to(seq)
        told += [repr(sitting.view), repr(sitting.work), repr(sitting.standing), repr(sitting.walk.mine(seq))]
    told += [repr(desk.cards(store, one)) for one in ("ana", "lead", "nobody")]
    hidden = set(SECRETS) - {OPTION, REASON}
    for secret in hidden:
        assert not [place for places in search_places(sitting, secret) for place in places]
    assert sitting.undo().moved
    told += [repr(sitting.view), repr(sitting.work)]
    assert sitting.close()
    assert not hidden & set(leaks("\n".join(told)))
    assert not [one for one in told if f"'{OPTION}'}}" in one]
