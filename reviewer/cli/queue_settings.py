"""What `reviewer queue set` takes: the settings of a queue, their values, and what each does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reviewer.errors import WrongUsage

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: how its value is read, how the value is written in help, and what it does."""

    read: Callable[[str], Any]
    form: str
    does: str


class _Refused(Exception):
    """The value is none of the form."""


def _truth(text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE + _FALSE:
        raise _Refused
    return word in _TRUE


def _whole(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        word = text.strip()
        if not (word.isascii() and word.isdecimal() and len(word) <= 9) or int(word) < least:
            raise _Refused
        return int(word)

    return read


def _share(most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        number, percent, after = text.strip().partition("%")
        try:
            share = float(number) / 100 if percent else float(number)
        except ValueError:
            raise _Refused from None
        if after or not 0 <= share <= most:
            raise _Refused
        return share

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.strip().lower() not in words:
            raise _Refused
        return text.strip().lower()

    return read


def _names(text: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _disputes(text: str) -> bool | list[str]:
    from reviewer.session.disputes import parse_setting

    return parse_setting(text)


SETTINGS = {
    "overlap": Setting(_whole(0), "N", "raters a task; 0: every rater rates everything"),
    "blind": Setting(_truth, "true|false", "hides systems and keys; only while the queue has no label"),
    "shuffle": Setting(_truth, "true|false", "an order of each rater's own; only until somebody begins"),
    "pick": Setting(_truth, "true|false", "whether raters may open items ahead of their turn"),
    "submit": Setting(_one_of("enter", "when_complete"), "enter|when_complete", "what submits a label"),
    "reference": Setting(_truth, "true|false", "shows the reference answer"),
    "show": Setting(_names, "NAME,NAME", "metadata, and `tags`, that raters may see; empty: none"),
    "idle_after": Setting(_whole(1), "SECONDS", "without a key, after which time counts as idle"),
    "goal": Setting(_whole(0), "N", "items a sitting, shown quietly; 0: none"),
    "order": Setting(_one_of("planned", "open"), "planned|open", "who gets what: fixed ahead, or as raters come"),
    "raters": Setting(_names, "NAME,NAME", "for whom a queue is planned"),
    "repeats": Setting(_share(0.5), "0-0.5", "the share of tasks asked again, hidden; 5% is 0.05"),
    "gold": Setting(_share(0.5), "0-0.5", "the share of places given to tasks decided elsewhere, unannounced"),
    "certificate": Setting(_truth, "true|false", "asks raters for a certificate of a round that holds"),
    "adjudicate": Setting(_disputes, "true|RULE,RULE", "what is disputed, such as range>=2; decide_first hides labels"),
}
RUBRIC = "rubric"
DEALT_BY = ("order", "raters", "repeats", "gold")
"""The settings by which places are dealt: they stand once somebody has begun."""

OF_ROUNDS = ("pick", "submit", "idle_after", "goal")
"""The settings that may change in a calibration round: they touch neither its batch nor its blindness."""


def help_lines() -> str:
    """The settings as a block for `--help`."""
    lines = [_help_line(name, setting.form, setting.does) for name, setting in SETTINGS.items()]
    rubric = _help_line(RUBRIC, "FILE.yaml", "brings a changed rubric into force")
    return "\n".join(["\b", "Settings:", *lines, rubric])


def _help_line(name: str, form: str, does: str) -> str:
    pair = f"{name}={form}"
    return f"  {pair:<28} {does}"


def parse(pairs: tuple[str, ...]) -> dict[str, Any]:
    """The settings given as KEY=VALUE, their values read; `rubric` keeps its text.

    Raises WrongUsage for a pair without `=`, a key that does not exist or is given twice, and a value of another form.
    """
    given: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip()
        if not equals:
            raise WrongUsage(f"'{pair}' is no setting.", mend="Write KEY=VALUE, such as overlap=2.")
        if name in given:
            raise WrongUsage(f"the setting '{name}' is given twice.", mend="Give it once.")
        given[name] = text if name == RUBRIC else _read(name, text)
    return given


def _read(name: str, text: str) -> Any:
    setting = SETTINGS.get(name)
    if setting is None:
        from reviewer.keys.names import closest

        known = ", ".join([*SETTINGS, RUBRIC])
        mend = closest(name, [*SETTINGS, RUBRIC]) or f"Known are {known}."
        raise WrongUsage(f"there is no setting '{name}'.", mend=mend)
    try:
        return setting.read(text)
    except _Refused:
        raise WrongUsage(f"the setting '{name}' cannot be '{text}'.", mend=f"Write {name}={setting.form}.") from None
