"""The levels of a criterion with their annotated examples."""

from __future__ import annotations

from typing import Any

from reviewer.rubric import Criterion, Level
from reviewer.rubric.questions import PreferenceQuestion, RankingQuestion
from reviewer.text.layout import Anchor, Part
from reviewer.text.markdown import literal
from reviewer.tui.panes.reading import ReadingPane


class LevelsPane(ReadingPane):
    """Shows every level; a digit goes to one. `digit` is what would give the level that is shown."""

    digit: int | None = None
    gives = True
    """Whether `enter` gives the level that is shown."""

    def explain(self, criterion: Criterion, given: object) -> None:
        """Shows the levels of `criterion`, beginning with the one that is `given`."""
        self._criterion = criterion
        answers = _answers(criterion)
        self._digits = [_digit(criterion, value) for value, _ in answers]
        headings = [_heading(criterion, value, level) for value, level in answers]
        parts = [Part(_told(level), heading) for heading, (_, level) in zip(headings, answers, strict=True)]
        self._anchors = [Anchor(number, -1) for number in range(len(parts))]
        if parts and not criterion.described():
            rows = [f"- {literal(heading)}" for heading in headings]
            self._anchors = [Anchor(0, sum(len(row) + 1 for row in rows[:number])) for number in range(len(rows))]
            parts = [Part("\n".join(rows)), *([Part(criterion.help)] if criterion.help else [])]
        self.digit = None
        self.show(parts or criterion.help or "The rubric describes no levels here.", title=self._named(""))
        chosen = given if isinstance(given, list) else [given]
        marked = [number for number, (value, _) in enumerate(answers) if any(_same(value, one) for one in chosen)]
        if marked:
            self._turn_to(marked[0])

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
        self.go_to(self._anchors[number])
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


def _same(value: Any, given: object) -> bool:
    return value == given and type(value) is type(given)


def _answers(criterion: Criterion) -> list[tuple[Any, Level | None]]:
    """The described levels; of a question with options every option, as the rubric describes it or not."""
    if criterion.type in ("choice", "multi") and not isinstance(criterion, PreferenceQuestion | RankingQuestion):
        return [(option.value, criterion.level(option.value)) for option in criterion.options]
    return list(criterion.described())


def _heading(criterion: Criterion, value: Any, level: Level | None) -> str:
    label = level.label if level else ""
    option = criterion.option(value) if isinstance(value, str) else None
    if option is not None:
        digit = _digit(criterion, value)
        shown = f"{digit} · {option.text}" if digit is not None else option.text
        return f"{shown} · {label}" if label and label != option.text else shown
    shown = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    return f"{shown} · {label}" if label else shown


def _told(level: Level | None) -> str:
    told = []
    for example in level.examples if level else ():
        asked = f"*{example.prompt.strip()}*\n\n" if example.prompt else ""
        told.append(f"{asked}{_quoted(example.output)}\n\n{example.why.strip()}")
    return "\n\n".join(told)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.strip().splitlines())
