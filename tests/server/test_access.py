"""Who may ask what: every route of the document, with every kind of token, on own queues and on others'."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from reviewer.server.access import Guarded, refuse_undeclared
from reviewer.server.app import create_app
from reviewer.session.starting import Plan, start
from reviewer.store import accounts, packs
from reviewer.store.connection import Store
from tests.server.serving import Server, served, trouble
from tests.store.filling import ask, fill, fresh

PAST = "2020-01-01T00:00:00.000000Z"
HOLDERS = ("nobody", "revoked", "expired", "wrong secret", *accounts.ROLES)
WHOSE = ("own", "other's", "unknown")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all: nothing here changes what the next test sees."""
    folder = tmp_path_factory.mktemp("access")
    store = fresh(folder / "home")
    fill(store, queue="own")
    fill(store, queue="other's")
    with served(store, folder / "logs", "--rate", "0") as running:
        yield running


@pytest.fixture(scope="module")
def headers(server: Server) -> dict[str, dict[str, str]]:
    """The header of each holder of a token, good for one queue."""
    store, own = server.store, _queues(server.store)["own"]
    tokens = {role: server.token(role, role, queues=[own]) for role in accounts.ROLES}
    tokens["revoked"] = server.token("eve", "admin", queues=[own])
    store.transact(lambda driver: accounts.revoke(driver, "eve", stream=store.device, actor="admin"))
    tokens["expired"] = server.token("old", "admin", queues=[own], expires_at=PAST)
    tokens["wrong secret"] = tokens["admin"][:-1] + ("A" if tokens["admin"][-1] != "A" else "B")
    return {"nobody": {}} | {holder: {"Authorization": f"Bearer {token}"} for holder, token in tokens.items()}


def _queues(store: Store) -> dict[str, str]:
    from reviewer.store import queues

    with store.reading() as connection:
        found = {queue.name: queue.id for queue in queues.all_queues(connection)}
    return {**found, "unknown": "01980000-0000-7000-8000-000000000000"}


def operations(server: Server) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation of the document."""
    document = server.client(None).get("/openapi.json").json()
    found = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert {path for path, _, _ in found} >= {"/health", "/v1", "/v1/me", "/v1/queues", "/v1/labels"}
    return found


BODIES: dict[str, Any] = {
    "LeaseRequest": {"device": "a-device", "wanted": 0},
    "ReturnRequest": {"device": "a-device"},
    "LabelsRequest": {"device": "a-device", "stream": "a-device/1", "labels": []},
}


ASKED = {"device": "a-device", "seconds": "0", "known": "", "whole": "true"}
"""What is asked for by a query; whose progress is told, tests/server/test_live.py sees to."""


def body_of(operation: dict[str, Any]) -> Any:
    """A good message for an operation; None where it takes none."""
    try:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    except KeyError:
        return None
    return BODIES[schema.rpartition("/")[2]]


def test_every_route_lets_in_whom_it_names_and_nobody_else(server: Server, headers: dict[str, dict[str, str]]) -> None:
    client, queues = server.client(None), _queues(server.store)
    seen = 0
    for (path, method, operation), holder, whose in product(operations(server), HOLDERS, WHOSE):
        if "{queue}" not in path and whose != "own":
            continue
        roles = operation["x-roles"]
        if not roles:
            expected = 200
        elif holder not in accounts.ROLES:
            expected = 401
        elif holder not in roles:
            expected = 403
        else:
            expected = 200 if whose == "own" else 404
        asked = [parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"]
        assert set(asked) <= ASKED.keys() | {"progress"}, "tell the matrix what else there is to ask"
        response = client.request(
            method,
            path.format(queue=queues[whose]),
            headers=headers[holder],
            params={name: ASKED[name] for name in asked if name in ASKED},
            json=body_of(operation),
        )
        assert response.status_code == expected, (method, path, holder, whose, response.text)
        assert str(response.status_code) in operation["responses"], (method, path, response.status_code)
        if expected != 200:
            trouble(response, expected)
        assert operation["security"] == ([{"token": []}] if roles else [])
        seen += 1
    assert seen > 60


def test_from_outside_all_bad_tokens_look_the_same(server: Server, headers: dict[str, dict[str, str]]) -> None:
    client = server.client(None)
    others: list[dict[str, str]] = [
        {"Authorization": value}
        for value in (
            "",
            "Bearer",
            "Bearer rvw_",
            "Bearer " + "x" * 5000,
            "Basic YTpi",
            f"Bearer rvw_{'0' * 12}_{'A' * 43}",
            f"Basic {headers['admin']['Authorization'].partition(' ')[2]}",
        )
    ]
    answers = [
        client.get("/v1/me", headers=header) for header in (*(headers[holder] for holder in HOLDERS[:4]), *others)
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1


def test_a_role_that_was_taken_away_and_a_token_that_was_revoked_end_at_once(tmp_path: Path) -> None:
    store = fresh(tmp_path / "home")
    fill(store)
    with served(store, tmp_path / "logs") as server:
        client = server.client("ana", "lead")
        assert client.get("/v1/me").json()["role"] == "lead"
        server.token("ana", "rater", queues=None)
        assert client.get("/v1/me").json()["role"] == "rater"
        store.transact(lambda driver: accounts.revoke(driver, "ana", stream=store.device, actor="admin"))
        assert client.get("/v1/me").status_code == 401


def test_a_route_that_does_not_say_who_may_use_it_keeps_the_server_from_starting(tmp_path: Path) -> None:
    store = fresh(tmp_path / "home")
    app = create_app(store)

    async def undeclared() -> None:
        """Says nothing."""

    with pytest.raises(TypeError, match="/v1/undeclared"):
        app.router.add_api_route("/v1/undeclared", undeclared, route_class_override=Guarded)
    app.add_api_route("/v1/undeclared", undeclared)
    with pytest.raises(TypeError, match="/v1/undeclared"):
        refuse_undeclared(app)
    with pytest.raises(TypeError):
        refuse_undeclared(FastAPI())


def test_the_document_is_complete(server: Server) -> None:
    document = server.client(None).get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["summary"], path
            assert operation["description"], path
            ((kind, described),) = operation["responses"]["200"]["content"].items()
            assert described["schema"], path
            assert kind == ("text/event-stream" if path == "/v1/live" else "application/json"), path
            for status, answer in operation["responses"].items():
                if status != "200":
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Trouble"}, (path, status)
    assert {"Leased", "LabelsAnswer", "Changes", "Queues", "Trouble"} <= document["components"]["schemas"].keys()
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_a_token_for_a_queue_is_good_for_its_rounds_and_for_no_other(server: Server) -> None:
    store = server.store
    fill(store, queue="scoped", items=6)
    fill(store, queue="beside", items=6)
    mine = _queues(store)["scoped"]
    client = server.client("ana", queues=[mine])
    for name in ("scoped", "beside"):
        start(store, name, Plan(members=("ana", "ben"), items=2), "lead")
    found = _queues(store)
    seen = {queue["name"] for queue in client.get("/v1/queues").json()["queues"]}
    assert seen == {"scoped", "scoped-round-1"}
    assert set(client.get("/v1/me").json()["queues"]) == {mine, found["scoped-round-1"]}
    asked = {"device": "anas-device", "wanted": 2}
    leased = client.post(f"/v1/queues/{found['scoped-round-1']}/leases", json=asked)
    assert len(leased.json()["tasks"]) == 2
    for name in ("beside", "beside-round-1"):
        assert trouble(client.post(f"/v1/queues/{found[name]}/leases", json=asked), 404).code == "no_queue"


def test_labels_of_a_round_are_taken_with_a_token_for_its_queue(server: Server) -> None:
    store = server.store
    fill(store, queue="sent", items=4)
    device = server.device("ana", queues=[_queues(store)["sent"]])
    start(store, "sent", Plan(members=("ana", "ben"), items=2), "lead")
    leased = device.lease(_queues(store)["sent-round-1"], 2)
    answer = device.send(device.label(leased, leased.tasks[0]))
    assert [one.answer for one in answer.answers] == ["accepted"]


def test_devices_are_known_from_the_first_time_that_they_speak(server: Server) -> None:
    store = server.store
    device = server.device("dora")
    server.token("ana")
    ((rater,),) = _asked(store, "SELECT id FROM rater WHERE name = 'dora'")
    assert rater not in _devices(store)
    device.lease(_queues(store)["own"], 1)
    (first,) = _devices(store)[rater]
    assert (first.id, first.public_key) == (device.id, None)
    store.transact(lambda driver: packs.pin_key(driver, device.id, rater, "a" * 64, stream=store.device, actor="lead"))
    # What speaks again keeps the key that its packs are signed by.
    store.transact(lambda driver: accounts.spoke(driver, device.id, rater, "2999-01-01T00:00:00.000000Z"))
    (again,) = _devices(store)[rater]
    assert (again.public_key, again.first_seen, again.last_seen[:4]) == ("a" * 64, first.first_seen, "2999")


def _devices(store: Store) -> dict[str, list[accounts.DeviceRecord]]:
    with store.reading() as connection:
        return accounts.devices(connection)


def _asked(store: Store, sql: str) -> list[tuple[Any, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in ask(connection, sql)]
