"""The allow-list: what reaches a rater of a blind queue, and nothing beside it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from reviewer.session.view import TaskView, Turn, shown_order, view_of
from reviewer.store import reading
from reviewer.store.connection import Store
from reviewer.store.queues import QueueRecord
from reviewer.store.reading import TaskRecord
from tests.store.filling import fill, sit

pytestmark = pytest.mark.both_databases


def first_task(store: Store, queue: QueueRecord) -> TaskRecord:
    with store.reading() as connection:
        found = reading.read_task(connection, queue.id, queue.dataset, 0)
    assert found is not None
    return found


def everything(value: Any) -> str:
    """All that can be reached from a view, as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return " ".join(everything(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, tuple | list):
        return " ".join(everything(part) for part in value)
    return repr(value)


def opened(store: Store) -> TaskView:
    sitting = sit(store)
    view = sitting.view
    assert sitting.close()
    assert view is not None
    return view


def test_a_blind_rater_sees_the_allow_list_only(store: Store) -> None:
    queue = fill(store, items=1)
    view, record = opened(store), first_task(store, queue)
    said = everything(view).replace(record.outputs[0].public_id, "")
    for secret in (
        "model-0",
        "item-0000",
        queue.seed,
        record.outputs[0].content_hash,
        "It says 0",
        "off the list",
        "severe",
    ):
        assert secret not in said
    assert view.prompt == (Turn("user", "What does note 0 say?"),)
    assert [document.title for document in view.context] == ["Note 0"]
    assert view.outputs[0].text == "Answer 0 of system 0."
    assert view.outputs[0].public_id == record.outputs[0].public_id
    assert (view.name, view.reference, view.shown) == ("", None, ())


def test_a_queue_may_show_more(store: Store) -> None:
    fill(store, items=1, reference=True, show=["risk", "tags", "none"])
    view = opened(store)
    assert view.reference == "It says 0."
    assert view.shown == (("risk", "severe"), ("tags", "kyc"))
    assert "off the list" not in everything(view)


def test_names_are_shown_where_nobody_is_blind(store: Store) -> None:
    fill(store, items=1, blind=False)
    view = opened(store)
    assert (view.name, view.outputs[0].name) == ("item-0000", "model-0 1")


@pytest.mark.parametrize(
    ("kind", "written"), [(True, "true"), (3, "3"), (1.5, "1.5"), (None, "None"), (["a"], "['a']")]
)
def test_metadata_of_any_kind_is_shown_as_text(store: Store, kind: Any, written: str) -> None:
    queue = fill(store, items=1, show=["it"])
    record = first_task(store, queue)
    record.meta["metadata"] = {"it": kind}
    view = view_of(queue, record, 0, [record.outputs[0].public_id], "r", opened(store).rubric)
    assert view.shown == (("it", written),)


def test_an_order_once_shown_stays(store: Store) -> None:
    queue = fill(store, items=1)
    record = first_task(store, queue)
    (only,) = (output.public_id for output in record.outputs)
    assert shown_order(queue, record, "ana", []) == [only]
    assert shown_order(queue, record, "ana", ["kept"]) == ["kept"]


def test_what_may_be_answered_follows_the_rubric(store: Store) -> None:
    fill(store, items=1)
    view = opened(store)
    assert view.counts == {"outputs": 1, "turns": 1, "contexts": 1, "steps": 1}
    assert [key for key, _ in view.asked()] == ["score", "safe"]
