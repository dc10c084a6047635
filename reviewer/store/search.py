"""Finding words in a queue's texts."""

from __future__ import annotations

import orjson
from sqlalchemy import ColumnElement, bindparam, exists, or_, select

from reviewer.store.prepared import Driver, Prepared
from reviewer.store.tables import Item, Output, Task, TaskOutput, core

_T, _I, _TO, _O = (core(table).c for table in (Task, Item, TaskOutput, Output))


def positions_with(driver: Driver, queue: str, first: int, end: int, needle: str, *, keys: bool) -> list[int]:
    """The positions from `first` up to `end` whose prompt, context or an output holds `needle`, in any case.

    `keys` lets the item's key be searched as well. LIKE folds ASCII alone, so that other scripts are asked for in the
    cases that the needle has when it is lowered, raised and capitalised.
    """
    texts = _patterns(needle)
    stored = _patterns(orjson.dumps(needle).decode()[1:-1])
    parameters = {f"t{number}": text for number, text in enumerate(texts)}
    parameters |= {f"j{number}": text for number, text in enumerate(stored)}
    statement = _statement(len(texts), len(stored), keys)
    found = statement.rows(driver, queue=queue, first=first, end=end, **parameters)
    return [row[0] for row in found]


_statements: dict[tuple[int, int, bool], Prepared] = {}


def _statement(texts: int, stored: int, keys: bool) -> Prepared:
    shape = (texts, stored, keys)
    if shape not in _statements:
        in_output = exists(
            select(_TO.task)
            .select_from(core(TaskOutput).join(core(Output), _TO.output == _O.id))
            .where(_TO.task == _T.id, _like(_O.text, "t", texts))
        )
        places = [_like(_I.prompt, "j", stored), _like(_I.context, "j", stored), in_output]
        if keys:
            places.append(_like(_T.key, "t", texts))
        _statements[shape] = Prepared(
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
    return _statements[shape]


def _like(column: ColumnElement[str], prefix: str, count: int) -> ColumnElement[bool]:
    return or_(*(column.like(bindparam(f"{prefix}{number}"), escape="\\") for number in range(count)))


def _patterns(needle: str) -> list[str]:
    forms = dict.fromkeys((needle, needle.lower(), needle.upper(), needle.capitalize()))
    if needle.isascii():
        forms = dict.fromkeys((needle,))
    return [f"%{_escaped(form)}%" for form in forms]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
