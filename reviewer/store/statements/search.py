"""The statements of a search through a queue's texts: for needles of one form, and for those of several cases."""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam, exists, or_, select

from reviewer.store.prepared import Prepared
from reviewer.store.tables import Item, Output, Task, TaskOutput, core

CASES = 4
"""As given, lowered, raised and capitalised."""

_T, _I, _TO, _O = (core(table).c for table in (Task, Item, TaskOutput, Output))


def _like(column: ColumnElement[str], prefix: str, forms: int) -> ColumnElement[bool]:
    return or_(*(column.like(bindparam(f"{prefix}{number}"), escape="\\") for number in range(forms)))


def _searching(forms: int, *, keys: bool) -> Prepared:
    in_output = exists(
        select(_TO.task)
        .select_from(core(TaskOutput).join(core(Output), _TO.output == _O.id))
        .where(_TO.task == _T.id, _like(_O.text, "t", forms))
    )
    places = [_like(_I.prompt, "j", forms), _like(_I.context, "j", forms), in_output]
    if keys:
        places.append(_like(_T.key, "t", forms))
    return Prepared(
        select(_T.position)
        .select_from(core(Task).join(core(Item), _T.item == _I.id))
        .where(
            _T.queue == bindparam("queue"),
            _T.position >= bindparam("first"),
            _T.position < bindparam("end"),
            or_(*places),
        )
        .order_by(_T.position)
    )


in_texts = _searching(1, keys=False)
in_texts_and_keys = _searching(1, keys=True)
in_texts_by_case = _searching(CASES, keys=False)
in_texts_and_keys_by_case = _searching(CASES, keys=True)
