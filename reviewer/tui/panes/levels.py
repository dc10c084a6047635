"""The levels of a criterion with their annotated examples."""

from __future__ import annotations

from typing import Any

from reviewer.rubric import Criterion, Level
from reviewer.text.layout import Anchor, Part
from reviewer.tui.panes.reading import ReadingPane


class LevelsPane(ReadingPane):
    """Shows every level; a digit goes to one. `digit` is what would give the level that is shown."""

    digit: int | None = None
    gives = True
    """Whether `enter` gives the level that is shown."""

    def explain(self, criterion: Criterion, given: object) -> None:
        """Shows the levels of `criterion`, beginning with the one that is `given`."""
        self._criterion = criterion
        self._digits = [_digit(criterion, value) for value, _ in criterion.described()]
        parts = [Part(_told(level), title=_heading(value, level)) for value, level in criterion.described()]
        self.digit = None
        self.show(parts or criterion.help or "The rubric describes no levels here.", title=self._named(""))
        for number, (value, _) in enumerate(criterion.described()):
            if value == given and type(value) is type(given):
                self._turn_to(number)

    def go_to_digit(self, digit: int) -> None:
        """Shows the level that `digit` would give."""
        if digit in self._digits:
            self._turn_to(self._digits.index(digit))

    def on_resize(self) -> None:
        """Where a digit was pressed before there was a size to show its level at, shows it now."""
        if self.digit is not None:
            self._turn_to(self._digits.index(self.digit))

    def _turn_to(self, number: int) -> None:
        self.digit = self._digits[number]
        self.go_to(Anchor(number, -1))
        if self.top and not self.document.row(self.top).text.strip():
            self.scroll_rows(1)  # the empty row before a heading
        self.set_heading(self._named(f"{self.digit}"))

    def _named(self, chosen: str) -> str:
        title = f"Levels · {self._criterion.title}"
        if not chosen or not self.gives:
            return title
        return f"{title} · {chosen}: enter gives it"


def _digit(criterion: Criterion, value: Any) -> int | None:
    if isinstance(value, bool):
        return int(value)
    if criterion.type in ("choice", "multi"):
        nth = [option.value for option in criterion.options].index(value) + 1
        return nth % 10 if nth <= 10 else None
    return int(value) % 10 if 0 <= int(value) <= 10 else None


def _heading(value: Any, level: Level) -> str:
    shown = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    return f"{shown} · {level.label}" if level.label else shown


def _told(level: Level) -> str:
    told = []
    for example in level.examples:
        asked = f"*{example.prompt.strip()}*\n\n" if example.prompt else ""
        told.append(f"{asked}{_quoted(example.output)}\n\n{example.why.strip()}")
    return "\n\n".join(told)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.strip().splitlines())
