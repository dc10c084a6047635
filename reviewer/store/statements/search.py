"""The statements of a search through a queue's texts: for needles of one form, and for those of several cases."""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam, exists, or_, select

from reviewer.store.prepared import Prepared
from reviewer.store.tables import Assignment, Item, Output, Task, TaskOutput, core

CASES = 4
"""As given, lowered, raised and capitalised."""

_T, _I, _TO, _O, _A = (core(table).c for table in (Task, Item, TaskOutput, Output, Assignment))


def _like(column: ColumnElement[str], prefix: str, forms: int) -> ColumnElement[bool]:
    return or_(*(column.like(bindparam(f"{prefix}{number}"), escape="\\") for number in range(forms)))


def _searching(forms: int, *, keys: bool, dealt: bool = False) -> Prepared:
    in_output = exists(
        select(_TO.task)
        .select_from(core(TaskOutput).join(core(Output), _TO.output == _O.id))
        .where(_TO.task == _T.id, _like(_O.text, "t", forms))
    )
    places = [_like(_I.prompt, "j", forms), _like(_I.context, "j", forms), in_output]
    if keys:
        places.append(_like(_T.key, "t", forms))
    tasks = core(Task).join(core(Item), _T.item == _I.id)
    number, scope = _T.position, [_T.queue == bindparam("queue")]
    if dealt:
        tasks = core(Assignment).join(tasks, _A.task == _T.id)
        number, scope = _A.seq, [_A.queue == bindparam("queue"), _A.rater == bindparam("rater")]
    within = (number >= bindparam("first"), number < bindparam("end"))
    return Prepared(select(number).select_from(tasks).where(*scope, *within, or_(*places)).order_by(number))


in_texts = _searching(1, keys=False)
in_texts_and_keys = _searching(1, keys=True)
in_texts_by_case = _searching(CASES, keys=False)
in_texts_and_keys_by_case = _searching(CASES, keys=True)
in_dealt_texts = _searching(1, keys=False, dealt=True)
in_dealt_texts_and_keys = _searching(1, keys=True, dealt=True)
in_dealt_texts_by_case = _searching(CASES, keys=False, dealt=True)
in_dealt_texts_and_keys_by_case = _searching(CASES, keys=True, dealt=True)
