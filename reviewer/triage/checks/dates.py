"""Dates as people write them."""

from __future__ import annotations

import re
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass

_MONTHS = [
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
]
_NAMED = {name: number for number, name in enumerate(_MONTHS, 1)}
_NAMED |= {name[:3]: number for name, number in _NAMED.items()} | {"sept": 9}
_MONTH = r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|"
_MONTH += (
    r"Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)\b(?:\.(?=,?[\s-]+\d))?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?![\d:])"
_YEAR = r"(?P<year>[12]\d{3})(?![\d-])"
_NUMERIC = (
    re.compile(r"(?<![\d./-])(?P<year>[12]\d{3})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})(?!\d|[-/.]\d)"),
    re.compile(r"(?<![\d./-])(?P<one>\d{1,2})([-/.])(?P<other>\d{1,2})\2(?P<year>\d{4}|\d{2})(?!\d|[-/.]\d)"),
)
_WORDED = (
    re.compile(rf"(?<![\d./-]){_DAY}(?:\s+of)?[\s-]+{_MONTH}(?:,?[\s-]+{_YEAR})?"),
    re.compile(rf"(?<!\w){_MONTH}\s+{_DAY}(?:,?\s+{_YEAR})?"),
    re.compile(rf"(?<!\w){_MONTH},?\s+{_YEAR}"),
)
_HAS_NUMERIC = re.compile(r"\d[-/.]\d")
_HAS_MONTH = re.compile(r"[JFMASOND](?:an|eb|ar|pr|ay|u[nlg]|ep|ct|ov|ec|AN|EB|AR|PR|AY|U[NLG]|EP|CT|OV|EC)")


@dataclass(frozen=True, slots=True)
class Day:
    """A date; what is not said is 0."""

    year: int
    month: int
    day: int

    def implies(self) -> Iterator[Day]:
        """The date itself, and it without the year, without the day, and without both."""
        for year in {self.year, 0}:
            for day in {self.day, 0}:
                yield Day(year, self.month, day)


@dataclass(frozen=True, slots=True)
class Written:
    """A date where it stands, with all that it may mean."""

    readings: tuple[Day, ...]
    start: int
    end: int


def dates(text: str) -> Iterator[Written]:
    """The dates of a text in order; those that no calendar has are none."""
    forms = (*(_NUMERIC if _HAS_NUMERIC.search(text) else ()), *(_WORDED if _HAS_MONTH.search(text) else ()))
    found: list[Written] = []
    taken: list[tuple[int, int]] = []
    for form in forms:
        fresh: list[Written] = []
        for match in form.finditer(text):
            readings = tuple(_readings(match.groupdict()))
            if readings:
                fresh.append(Written(readings, match.start(), match.end()))
        spans = sorted(taken)
        found.extend(date for date in fresh if not _overlaps(date, spans))
        taken.extend((date.start, date.end) for date in fresh)
    yield from sorted(found, key=lambda date: date.start)


def _overlaps(date: Written, spans: list[tuple[int, int]]) -> bool:
    place = bisect_left(spans, (date.end, 0))
    return any(end > date.start for _, end in spans[max(0, place - 2) : place])


def _readings(parts: dict[str, str | None]) -> Iterator[Day]:
    year = int(parts.get("year") or 0)
    if parts.get("one"):
        one, other = int(parts["one"] or 0), int(parts["other"] or 0)
        years = (year,) if len(parts["year"] or "") == 4 else (2000 + year, 1900 + year)
        pairs = dict.fromkeys(((other, one), (one, other)))
        yield from (Day(which, month, day) for which in years for month, day in pairs if _exists(which, month, day))
        return
    written = parts["month"] or ""
    month = int(written) if written.isdigit() else _NAMED[written.lower()]
    day = int(parts.get("day") or 0)
    if "day" not in parts or _exists(year, month, day):
        yield Day(year, month, day)


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= monthrange(year or 2000, month)[1]
