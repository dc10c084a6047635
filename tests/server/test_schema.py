"""What the document says may be sent, and what it says may not, is sent to a real server: no answer is a defect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from reviewer.sync import wire
from tests.databases import Databases
from tests.server.serving import Device, Server, read, served
from tests.soak.amount import share
from tests.store.filling import elsewhere, fill, fresh

EXAMPLES = share(1500)
_DEVICE = "a-device"


@pytest.fixture(scope="module", params=["file", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over a queue of which a device holds some tasks."""
    folder = tmp_path_factory.mktemp("schema")
    if request.param == "file":
        store = fresh(folder / "home")
        fill(store, items=40)
        with served(store, folder / "logs", "--rate", "0") as running:
            yield running
        return
    databases: Databases = request.getfixturevalue("databases")
    with databases.in_use(), elsewhere(databases.fresh):
        store = fresh(folder / "home")
        fill(store, items=40)
        with served(store, folder / "logs", "--rate", "0") as running:
            yield running


def mixed(case: Case[Any], leased: wire.Leased, label: dict[str, Any], draw: Any) -> None:
    """Puts into a message, here and there, what is really known on the server: the rest goes deeper so."""
    if case.path_parameters and draw(st.booleans()):
        case.path_parameters["queue"] = leased.queue.id
    if case.path == "/v1/live":  # which would go on for a week
        case.query = {**(case.query or {}), "seconds": draw(st.sampled_from(["0", "0", "-1", "x"]))}
    body = case.body
    if not isinstance(body, dict):
        return
    if "device" in body and draw(st.booleans()):
        body["device"] = _DEVICE
    if "stream" in body and draw(st.booleans()):
        body["device"], body["stream"] = _DEVICE, f"{_DEVICE}/s"
    labels = body.get("labels")
    if isinstance(labels, list) and draw(st.booleans()):
        some = draw(st.lists(st.sampled_from(sorted(label)), max_size=26, unique=True))
        labels[:] = [
            {**one, **{name: label[name] for name in some}} if isinstance(one, dict) else one for one in labels[:3]
        ]
        kept = draw(st.sampled_from(sorted(label)))
        strange = draw(st.one_of(st.text(max_size=20), st.integers(), st.none(), st.just('{"score": 99}')))
        labels.append({**label, "id": draw(st.uuids()).hex, kept: strange})


def test_no_message_is_a_defect(server: Server) -> None:
    device: Device = server.device()
    device.id = _DEVICE
    (queue,) = device.queues()
    leased = device.lease(queue.id, 5)
    label = device.label(leased, leased.tasks[0])
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    cases = st.one_of(
        *(
            operation.as_strategy(generation_mode=mode)
            for operation in operations
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
            if mode is GenerationMode.POSITIVE or operation.body or operation.query or operation.path_parameters
        )
    )
    seen: set[int] = set()

    @seed(20261123)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def every_answer_is_foreseen(data: st.DataObject) -> None:
        case = data.draw(cases)
        mixed(case, leased, label, data.draw)
        response = case.call(headers={"Authorization": f"Bearer {server.token()}"}, timeout=30)
        case.validate_response(response, checks=[not_a_server_error])
        seen.add(response.status_code)
        documented = case.operation.definition.raw["responses"]
        assert response.status_code in (404, 405) or str(response.status_code) in documented, response.status_code
        if response.status_code != 200:
            wire.Trouble.model_validate_json(response.content)

    every_answer_is_foreseen()
    assert {200, 422} <= seen
    assert [line for line in server.logged() if line["level"] != "info"] == []
    assert read(wire.Me, device.client.get("/v1/me")).name == "ana"
