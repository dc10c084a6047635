"""Finding words in a queue's texts."""

from __future__ import annotations

import orjson

from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("search")


def positions_with(driver: Driver, queue: str, first: int, end: int, needle: str, *, keys: bool) -> list[int]:
    """The positions from `first` up to `end` whose prompt, context or an output holds `needle`, in any case.

    `keys` lets the item's key be searched as well. LIKE folds ASCII alone, so that other scripts are asked for in the
    cases that the needle has when it is lowered, raised and capitalised.
    """
    forms = (needle,) if needle.isascii() else (needle, needle.lower(), needle.upper(), needle.capitalize())
    if len(forms) == 1:
        statement = _sql.in_texts_and_keys if keys else _sql.in_texts
    else:
        statement = _sql.in_texts_and_keys_by_case if keys else _sql.in_texts_by_case
    patterns = {f"t{number}": _pattern(form) for number, form in enumerate(forms)}
    patterns |= {f"j{number}": _pattern(orjson.dumps(form).decode()[1:-1]) for number, form in enumerate(forms)}
    return [row[0] for row in statement.rows(driver, queue=queue, first=first, end=end, **patterns)]


def _pattern(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
