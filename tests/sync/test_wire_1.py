"""Version 1 of the wire as it was first spoken: recorded, and held against both sides of today.

`wire_1/store.sql` is a server's store at the moment before the exchange (two labels are not sent yet, one leased task
was recalled), `wire_1/exchange.json` what was asked and answered then. They are recordings: a test that fails says that
a device or a server that is out there would fail, and is not mended by recording anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import httpx
import orjson
import pytest

from reviewer.store import events, remotes
from reviewer.store.connection import Store
from reviewer.sync import wire
from reviewer.sync.client import Client
from reviewer.sync.pulling import pull
from reviewer.sync.syncing import hear
from reviewer.sync.trouble import RemoteTrouble
from tests.server.serving import Server, served
from tests.sync.scripted import Asked, Said, Scripted, serving
from tests.sync.wired import join

HERE = Path(__file__).parent / "wire_1"
RECORDED = orjson.loads((HERE / "exchange.json").read_bytes())
STEPS: list[dict[str, Any]] = RECORDED["steps"]
QUEUE, DEVICE = RECORDED["queue"], RECORDED["device"]
SECRET = "A" * 43  # of a token that lets nobody in anywhere but to this recording

ANSWERS: dict[str, type[wire.Message]] = {
    "/v1": wire.Hello,
    "/v1/me": wire.Me,
    "/v1/queues": wire.Queues,
    "/v1/labels": wire.LabelsAnswer,
    f"/v1/queues/{QUEUE}/leases": wire.Leased,
    f"/v1/queues/{QUEUE}/changes": wire.Changes,
    f"/v1/queues/{QUEUE}/returns": wire.Returned,
}
REQUESTS: dict[str, type[wire.Message]] = {
    "/v1/labels": wire.LabelsRequest,
    f"/v1/queues/{QUEUE}/leases": wire.LeaseRequest,
    f"/v1/queues/{QUEUE}/returns": wire.ReturnRequest,
}


def path_of(step: dict[str, Any]) -> str:
    return cast("str", step["path"]).partition("?")[0]


def recorded(path: str) -> dict[str, Any]:
    """The first answer of that path."""
    return next(cast("dict[str, Any]", step["answer"]) for step in STEPS if path_of(step) == path)


def missing(was: Any, now: Any, where: str = "") -> list[str]:
    """What the recording has and today's answer has not, or has of another kind; null may be anything."""
    if was is None or now is None:
        return []
    if isinstance(was, dict) and isinstance(now, dict):
        gone = [f"{where}.{name}" for name in was if name not in now]
        return gone + [lack for name in was if name in now for lack in missing(was[name], now[name], f"{where}.{name}")]
    if isinstance(was, list) and isinstance(now, list):
        if len(was) != len(now):
            return [f"{where}: {len(was)} became {len(now)}"]
        return [
            lack
            for place, pair in enumerate(zip(was, now, strict=True))
            for lack in missing(*pair, f"{where}[{place}]")
        ]
    return [] if type(was) is type(now) else [f"{where}: {was!r} became {now!r}"]


# -- today's client ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step['method']} {path_of(step).rpartition('/')[2]}")
def test_todays_messages_hold_all_that_was_said(step: dict[str, Any]) -> None:
    kind = wire.Trouble if step["status"] != 200 else ANSWERS[path_of(step)]
    read = kind.model_validate_json(orjson.dumps(step["answer"]))
    assert orjson.loads(read.model_dump_json()) == step["answer"]
    if step["request"] is not None:
        asked = REQUESTS[path_of(step)].model_validate_json(orjson.dumps(step["request"]))
        assert orjson.loads(asked.model_dump_json()) == step["request"]


@pytest.fixture
def old_server() -> Iterator[Scripted]:
    """A server that answers as it was recorded."""

    def leased(asked: Asked) -> Any:
        last = recorded(f"/v1/queues/{QUEUE}/leases")
        tasks = [task for task in last["tasks"] if task["number"] > asked.json["after"]]
        return last | {"tasks": tasks[: asked.json["wanted"]]}

    with serving() as scripted:
        scripted.answers = {path: recorded(path) for path in ANSWERS}
        scripted.answers[f"/v1/queues/{QUEUE}/leases"] = leased
        yield scripted


def test_todays_client_works_with_the_server_of_then(store: Store, old_server: Scripted) -> None:
    hello, me = recorded("/v1"), recorded("/v1/me")
    remote = join(store, url=old_server.url, server=hello["server"], rater=me["rater"])
    with Client(old_server.url, "t", attempts=1) as client:
        assert client.hello().key == hello["key"]
        assert client.me().rater == me["rater"]
        (offered,) = client.queues()
        leased = recorded(f"/v1/queues/{QUEUE}/leases")
        assert pull(store, client, remote, offered, len(leased["tasks"])).new == len(leased["tasks"])
        with store.reading() as connection:
            (here,) = remotes.queues_of(connection, "team")
        assert hear(store, client, remote, here).happenings == []  # what was recalled never came here
        changes = recorded(f"/v1/queues/{QUEUE}/changes")
        (change,) = changes["changes"]
        at_hand = {"changes": [change | {"task": leased["tasks"][0]["id"]}]}
        old_server.answers[f"/v1/queues/{QUEUE}/changes"] = changes | at_hand
        assert [each.what for each in hear(store, client, remote, here).happenings] == ["recalled"]
        (step, *_) = (step for step in STEPS if path_of(step) == "/v1/labels")
        answers = client.send(wire.LabelsRequest.model_validate(step["request"]))
        assert [each.answer for each in answers.answers] == ["accepted", "accepted"]
        assert client.give_back(QUEUE, wire.ReturnRequest(device=DEVICE)) == 1


def test_todays_client_tells_what_the_server_of_then_refused(old_server: Scripted) -> None:
    for step in STEPS:
        if step["status"] == 200:
            continue
        old_server.answers[path_of(step)] = Said(orjson.dumps(step["answer"]), step["status"])
        with Client(old_server.url, "t", attempts=1) as client, pytest.raises(RemoteTrouble) as raised:
            (client.me if path_of(step) == "/v1/me" else client.queues)()
        assert raised.value.code == step["answer"]["code"]
        assert step["answer"]["what"] in raised.value.sentence


# -- today's server ----------------------------------------------------------------------------------------


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Server]:
    """Today's server over the store of then."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    path = home / "reviewer.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((HERE / "store.sql").read_text(encoding="utf-8"))
    path.chmod(0o600)
    with served(Store.open(path), tmp_path / "logs") as running:
        yield running


def test_todays_server_answers_the_client_of_then_as_it_was_answered(new_server: Server) -> None:
    with new_server.store.reading() as connection:
        ((token,),) = connection.execute("SELECT id FROM token").fetchall()
    headers = {"Reviewer-Wire": "1", "Authorization": f"Bearer rvw_{token}_{SECRET}"}
    with httpx.Client(base_url=new_server.url, headers=headers, timeout=30) as client:
        for step in STEPS:
            said = client.request(step["method"], step["path"], json=step["request"], headers=step["headers"])
            assert said.status_code == step["status"], (step["path"], said.text)
            assert missing(step["answer"], said.json(), path_of(step)) == []
            for name in ("answers", "changes"):
                # What is said of labels and tasks means today what it meant then.
                was = [_meaning(one) for one in step["answer"].get(name, ())]
                assert [_meaning(one) for one in said.json().get(name, ())] == was
            if path_of(step) == "/v1/labels":
                assert said.json()["head"] == step["answer"]["head"]
            if path_of(step).endswith("/leases"):
                stays = ("id", "number", "key", "rubric", "prompt", "context", "reference", "shown", "outputs")
                found, was_given = said.json()["tasks"], step["answer"]["tasks"]
                assert [[task[name] for name in stays] for task in found] == [
                    [task[name] for name in stays] for task in was_given
                ]
    with new_server.store.reading() as connection:
        assert not events.verify(connection).faults
        assert connection.execute("SELECT count(*) FROM label").fetchone()[0] == 2


def _meaning(told: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(told.get(name) for name in ("id", "task", "answer", "surplus", "conflict", "what"))
