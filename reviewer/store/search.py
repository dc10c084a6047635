"""Finding words in a queue's texts."""

from __future__ import annotations

import orjson

from reviewer.store.prepared import Driver, Prepared
from reviewer.store.statements import statements

_sql = statements("search")


def positions_with(driver: Driver, queue: str, first: int, end: int, needle: str, *, keys: bool) -> list[int]:
    """The positions from `first` up to `end` whose prompt, context or an output holds `needle`, in any case.

    `keys` lets the item's key be searched as well. LIKE folds ASCII alone, so that other scripts are asked for in the
    cases that the needle has when it is lowered, raised and capitalised.
    """
    return _found(driver, "in_texts", needle, keys=keys, queue=queue, first=first, end=end)


def places_with(driver: Driver, queue: str, rater: str, first: int, end: int, needle: str, *, keys: bool) -> list[int]:
    """As `positions_with`, among what was dealt to a rater: their places from `first` up to `end`."""
    return _found(driver, "in_dealt_texts", needle, keys=keys, queue=queue, rater=rater, first=first, end=end)


def _found(driver: Driver, where: str, needle: str, *, keys: bool, **scope: object) -> list[int]:
    forms = (needle,) if needle.isascii() else (needle, needle.lower(), needle.upper(), needle.capitalize())
    name = f"{where}{'_and_keys' * keys}{'_by_case' * (len(forms) > 1)}"
    statement: Prepared = getattr(_sql, name)
    patterns = {f"t{number}": _pattern(form) for number, form in enumerate(forms)}
    patterns |= {f"j{number}": _pattern(orjson.dumps(form).decode()[1:-1]) for number, form in enumerate(forms)}
    return [row[0] for row in statement.rows(driver, **scope, **patterns)]


def _pattern(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
