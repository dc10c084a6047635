"""Pushing while somebody goes on rating: what is saved in the middle of it goes whole, or not yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from reviewer.store import remotes
from reviewer.store.connection import Store
from tests.store.filling import rate, sit
from tests.sync.scripted import Scripted
from tests.sync.test_pushing import now_of, pushed, rated, server, states

__all__ = ["server"]


@pytest.fixture
def saving_meanwhile(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A label is saved once the events that are to be sent were read, and before the labels are."""
    named = remotes._named
    saved: list[bool] = []

    def saves_one(kind: str, row: Any) -> dict[str, Any]:
        if not saved:
            saved.append(True)
            sitting = sit(store, "ana", "team/kyc")
            try:
                sitting.go_to(0)
                rate(sitting, 5)
            finally:
                assert sitting.close()
        return named(kind, row)

    monkeypatch.setattr(remotes, "_named", saves_one)
    yield
    assert saved


def test_no_label_goes_without_its_event(store: Store, server: Scripted, request: pytest.FixtureRequest) -> None:
    remote = rated(store, 1, 2)
    request.getfixturevalue("saving_meanwhile")
    assert pushed(store, server, remote).sent == 3
    for asked in server.asked:
        told = {event["subject"] for event in asked.json["events"]}
        assert {label["id"] for label in asked.json["labels"]} <= told
    assert states(store) == ["sent"] * 3
    assert now_of(store).stream_sent == 3
