"""The rubric form: every criterion in one row, and what the focused one means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewer.rubric import Criterion, Missing, format_value, has_rationale, rationale_needed
from reviewer.rubric.questions import PreferenceQuestion, RankingQuestion
from reviewer.session.scoring import none_by_zero
from reviewer.session.view import TaskView
from reviewer.session.work import LABEL, Work
from reviewer.text.cells import truncate
from reviewer.text.cells import width as cells_of
from reviewer.tui.panes.compared import is_ranked, places_of, steps_of, steps_told
from reviewer.tui.panes.lines import Fragment, Fragments, Lines, folded, length, spread

_FOCUSED, _NOT = "▸ ", "  "
_LABEL_SHARE = 0.3
_MOST_STEPS = 11
_WRITTEN = " ✎"
_MARKS = 6
"""The cells beside a label and its steps of preference: the marks, and room for a pencil."""
_BESIDE = 12
"""The cells of a row beside its label and its options: the marks, and room to say that there is a rationale."""
_BEFORE = 4
"""The cells of a row that are no label and no answer: the focus, the mark of what is required, and a gap."""
_ANY, _NONE = "any of ", "none"
"""What tells a question with several answers from one with one."""
_NARROWEST = 8
"""The cells of a chosen option that are shown at least."""


class Form(Lines):
    """Draws the label in hand. The screen sets `view` and `work`, moves the focus, and calls `redraw`."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.view: TaskView | None = None
        self.work = Work("")
        self._asked: tuple[TaskView | None, list[tuple[str, Criterion]]] = (None, [])
        self.missing: tuple[Missing, ...] = ()
        self.with_examples = False
        self.levels_key = ""
        """The key that shows all options."""

    @property
    def asked(self) -> list[tuple[str, Criterion]]:
        """Keys and criteria in the order in which they are drawn."""
        if self.view is not self._asked[0]:
            self._asked = (self.view, self.view.asked() if self.view else [])
        return self._asked[1]

    def is_answered(self, key: str, criterion: Criterion) -> bool:
        """Whether the criterion has its answer; a ranking only when every output has its place."""
        if isinstance(criterion, RankingQuestion):
            return is_ranked(criterion, self.work.values.get(key))
        return key in self.work.values

    def focused(self) -> tuple[str, Criterion] | None:
        """The criterion that digits score."""
        asked = self.asked
        return next((entry for entry in asked if entry[0] == self.work.focus), asked[0] if asked else None)

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """A title row, the criteria, and below them the focused one explained."""
        found = self.focused()
        if found is None or self.view is None:
            return [[("─" * width, "pane.edge")]]
        focused_key, criterion = found
        asked = self.asked
        label_width = self._label_width(width)
        told = list(self._explained(focused_key, criterion, label_width, width))
        below = _fitting(told, height - 1 - len(asked))
        if len(below) < len(told) and self._cuts(focused_key, criterion, label_width, width) and below:
            below[-1] = [("    ", "text"), (f"… {self.levels_key} shows all {len(criterion.options)}", "form.note")]
        room = max(1, height - 1 - min(len(below), max(0, height - 1 - len(asked))))
        at = [key for key, _ in asked].index(focused_key)
        first = max(0, min(at - room // 2, len(asked) - room))
        shown = [
            self._row(key, one, key == focused_key, label_width, width) for key, one in asked[first : first + room]
        ]
        return [self._title(width, first, len(asked), room), *shown, *below]

    def options_below(self, width: int) -> int:
        """How many rows the options of one criterion need below the form, because its own row cuts them."""
        label_width = self._label_width(width)
        return max(
            (
                len(list(self._options(key, one, width)))
                for key, one in self.asked
                if self._cuts(key, one, label_width, width)
            ),
            default=0,
        )

    def _label_width(self, width: int) -> int:
        longest = max((cells_of(self._called(key, one)) for key, one in self.asked), default=0)
        return min(int(width * _LABEL_SHARE), longest + 1)

    def _cuts(self, key: str, criterion: Criterion, label_width: int, width: int) -> bool:
        if not _has_options(criterion):
            return False
        return length(list(self._answer(key, criterion, width))) > width - label_width - _BESIDE

    def _title(self, width: int, first: int, count: int, room: int) -> Fragments:
        assert self.view is not None
        scored = sum(self.is_answered(key, criterion) for key, criterion in self.asked)
        left: Fragments = [("─ ", "pane.edge"), (self.view.rubric.name, "pane.title"), (" ", "text")]
        right: Fragments = []
        if has_rationale(self.work.rationale, LABEL):
            right.append((" ✎ why, overall", "form.note"))
        if self.work.correction:
            right.append((" ✎ corrected", "form.note"))
        if self.work.notes:
            right.append((" ✎ note", "form.note"))
        if self.work.flags:
            right.append((" ⚑ flagged", "state.flagged"))
        hidden = f" rows {first + 1}–{first + room} of {count}" if count > room else ""
        right.append((f"{hidden} {scored}/{count} ─", "pane.title"))
        return spread([*left, ("─" * width, "pane.edge")], right, width) if width < 20 else _ruled(left, right, width)

    def _row(self, key: str, criterion: Criterion, focused: bool, label_width: int, width: int) -> Fragments:
        name = self._called(key, criterion)
        mark = "*" if criterion.required and not self.is_answered(key, criterion) else " "
        style = "form.label.focused" if focused else "form.label"
        label = name if cells_of(name) <= label_width else name[: label_width - 1] + "…"
        padded = label + " " * max(0, label_width - cells_of(label))
        right = self._why(key, criterion)
        room = width - label_width - _BEFORE - (length(right) + 1 if right else 0)
        left: Fragments = [
            (_FOCUSED if focused else _NOT, "key" if focused else "text"),
            (padded, style),
            (mark, "form.missing" if self._is_missing(key) else "dim"),
            (" ", "text"),
            *self._in_row(key, criterion, width - label_width - _MARKS, room),
        ]
        if right and isinstance(criterion, PreferenceQuestion) and length(left) + length(right) > width:
            right = [(_WRITTEN, right[0][1])]
        return spread(left, right, width)

    def _in_row(self, key: str, criterion: Criterion, wide: int, room: int) -> Fragments:
        answer = list(self._answer(key, criterion, wide))
        return _chosen_in_sight(answer, room) if _has_options(criterion) else answer

    def _answer(self, key: str, criterion: Criterion, room: int) -> Iterator[tuple[str, str]]:
        given = key in self.work.values
        value = self.work.values.get(key)
        if isinstance(criterion, PreferenceQuestion):
            yield from steps_of(criterion, value, room)
        elif isinstance(criterion, RankingQuestion):
            yield from places_of(criterion, value)
        elif given and value is None:
            yield ("[n/a]", "form.chosen")
        elif criterion.type == "scale" and len(criterion.steps) <= _MOST_STEPS:
            for step in criterion.steps:
                yield (f"[{step}]" if step == value else f" {step} ", "form.chosen" if step == value else "form.scale")
            level = criterion.level(value) if given and value is not None else None
            if level and level.label:
                yield (f"  {level.label}", "form.value")
        elif criterion.type == "boolean":
            for answer, word in ((True, "1 yes"), (False, "0 no")):
                chosen = given and value is answer
                yield (f"[{word}]" if chosen else f" {word} ", "form.chosen" if chosen else "form.scale")
        elif criterion.type in ("choice", "multi"):
            chosen_values = value if isinstance(value, list) else [value] if given else []
            if criterion.type == "multi":
                yield (_ANY, "form.scale")
            for number, option in enumerate(criterion.options, start=1):
                chosen = option.value in chosen_values
                word = f"{number % 10} {option.text}" if number <= 10 else option.text
                yield _option(word, chosen=chosen)
            if none_by_zero(criterion):
                yield _option(f"0 {_NONE}", chosen=given and not chosen_values)
        elif given:
            yield (" " + format_value(criterion, value).replace("\n", " ⏎ "), "form.value")
        else:
            yield (f" {self._invitation(criterion)}", "form.scale")

    @staticmethod
    def _invitation(criterion: Criterion) -> str:
        if criterion.type == "text":
            return "… (a text)"
        low = criterion.min if criterion.min is not None else ""
        high = criterion.max if criterion.max is not None else ""
        return f"… ({low}–{high})" if low != "" or high != "" else "… (a number)"

    def _why(self, key: str, criterion: Criterion) -> Fragments:
        written = has_rationale(self.work.rationale, key)
        needed = key in self.work.values and rationale_needed(criterion, self.work.values[key])
        if written:
            reasons = len(self.work.reasons(key))
            return [(f" ✎ why{f' ×{reasons}' if reasons else ''}", "form.note")]
        return [(" ✎ why needed", "form.missing")] if needed else []

    def _called(self, key: str, criterion: Criterion) -> str:
        unit = key.partition("@")[2]
        return f"{criterion.title} · {unit.replace(':', ' ')}" if unit else criterion.title

    def _is_missing(self, key: str) -> bool:
        return any(missing.key == key for missing in self.missing)

    def _explained(self, key: str, criterion: Criterion, label_width: int, width: int) -> Iterator[Fragments]:
        if self._cuts(key, criterion, label_width, width):
            yield from self._options(key, criterion, width)
        if criterion.help:
            for line in folded(criterion.help, width - 2):
                yield [("  ", "text"), (line, "form.note")]
        given = self.work.values.get(key)
        if isinstance(criterion, PreferenceQuestion):
            yield from steps_told(criterion, given, width - label_width - _MARKS)
        for value, level in criterion.described():
            chosen = value == given and type(value) is type(given)
            style = "form.value" if chosen else "dim"
            mark = "•" if chosen else " "
            yield [(f" {mark}{_shown(value):>2} ", style), (level.label, style)]
            if self.with_examples:
                yield from self._examples(level, width)

    def _options(self, key: str, criterion: Criterion, width: int) -> Iterator[Fragments]:
        """The options in full, as many in a row as there is room for."""
        row: Fragments = []
        for fragment in self._answer(key, criterion, width):
            if row and length([*row, fragment]) > width - 4:
                yield [("    ", "text"), *row]
                row = []
            row.append(fragment)
        yield [("    ", "text"), *row]

    @staticmethod
    def _examples(level: object, width: int) -> Iterator[Fragments]:
        for example in getattr(level, "examples", ()):
            for number, line in enumerate(folded(f"“{example.output}”", width - 6)):
                yield [("    ▪ " if number == 0 else "      ", "marker"), (line, "text")]
            for line in folded(example.why, width - 6):
                yield [("      ", "text"), (line, "form.note")]


def _has_options(criterion: Criterion) -> bool:
    of_outputs = isinstance(criterion, PreferenceQuestion | RankingQuestion)
    return criterion.type in ("choice", "multi") and not of_outputs


def _option(word: str, *, chosen: bool) -> Fragment:
    return (f"[{word}]", "form.chosen") if chosen else (f" {word} ", "form.scale")


def _chosen_in_sight(answer: Fragments, room: int) -> Fragments:
    """An answer in its row; where it has no room, what is chosen comes first, each as far as there is room for all."""
    chosen = [text for text, style in answer if style == "form.chosen"]
    if not chosen or length(answer) <= room:
        return answer
    for most in range(room, _NARROWEST - 1, -1):
        shown = [_shortened(text, most) for text in chosen]
        if sum(map(cells_of, shown)) <= room:
            break
    else:
        shown = [f"{text.split()[0]}]" for text in chosen]
    others = [fragment for fragment in answer if fragment[1] != "form.chosen"]
    left = room - sum(map(cells_of, shown))
    return [*((text, "form.chosen") for text in shown), *(others if left > _NARROWEST else ())]


def _shortened(text: str, most: int) -> str:
    """A chosen option in at most `most` cells, with both of its brackets."""
    return text if cells_of(text) <= most else f"{truncate(text[:-1], most - 1)}]"


def _fitting(told: list[Fragments], room: int) -> list[Fragments]:
    """Of what explains a criterion as much as there is room for, and of little the level that is given."""
    if len(told) <= room:
        return told
    given = [row for row in told if "•" in row[0][0]]
    return given if given and room <= len(told) // 2 else told[: max(0, room)]


def _shown(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _ruled(left: Fragments, right: Fragments, width: int) -> Fragments:
    gap = width - sum(cells_of(text) for text, _ in (*left, *right))
    return [*left, ("─" * max(1, gap), "pane.edge"), *right]
