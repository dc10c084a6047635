"""Typing into the label in hand: which entry is open, what it fills, and the way out to an editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.app import SuspendNotSupported

from reviewer.errors import ReviewerError
from reviewer.rubric import Criterion, parse_value
from reviewer.session.figures import Begun, begun
from reviewer.session.work import LABEL
from reviewer.text.sanitise import visible
from reviewer.tui.panes.entry import Asked
from reviewer.tui.screens.item import ItemScreen
from reviewer.tui.screens.sources import place_called

_OUTPUT = "@output:"


class Writing(ItemScreen):
    """The part of the rating screen that types."""

    def __init__(self, sitting: Any) -> None:
        super().__init__(sitting)
        self._digits = ""
        """The digits that the open entry began with, while they may still become a figure."""
        self._reasons_before: tuple[str, ...] = ()
        """The quick reasons that stood before these."""

    # -- opening ---------------------------------------------------------------------------------------

    def do_rate_rationale(self) -> None:
        """Writes why the focused criterion has its value; of a text criterion, its text."""
        focused = self.in_debt()
        if focused is not None:
            self.open_entry(self.entry_for(*focused))

    def do_rate_label_rationale(self) -> None:
        """Writes the rationale of the label."""
        if self.sitting.view is not None:
            text = self.sitting.work.rationale_text(LABEL)
            self.open_entry(Asked("rationale", LABEL, "why, overall", text))

    def do_rate_editor(self) -> None:
        """Writes the rationale of the focused criterion in $EDITOR."""
        focused = self.in_debt()
        if focused is not None:
            asked = self.entry_for(*focused)
            self.open_entry(asked)
            self.do_text_editor()
            self.end_entry()

    def do_rate_correction(self) -> None:
        """Writes the output as it should have been."""
        view, number = self.sitting.view, self.output_in_hand
        if view is not None and number < len(view.outputs):
            key = f"{_OUTPUT}{number + 1}"
            text = self.sitting.work.correction.get(key) or view.outputs[number].text
            which = "" if view.kind == "rating" else f" · {place_called(view, number)}"
            self.open_entry(Asked("correction", key, f"corrected output{which}", text, lines=12))

    @property
    def output_in_hand(self) -> int:
        """The place, from 0, of the output that a correction is about."""
        return 0

    def do_rate_note(self) -> None:
        """Writes a note to the lead."""
        if self.sitting.view is not None:
            self.open_entry(Asked("note", "", "note to the lead", self.sitting.work.notes))

    def do_read_find(self) -> None:
        """Finds words in this pane."""
        self.open_entry(Asked("find", "", "find in this pane", single_line=True, lines=1))

    def open_number(self, key: str, criterion: Criterion, begun: str) -> None:
        """Opens the entry of a number with what was pressed in it."""
        low, high = criterion.min, criterion.max
        scale = f" ({low}–{high})" if low is not None and high is not None else ""
        self.open_entry(Asked("number", key, f"{criterion.title}{scale}", begun, single_line=True, lines=1))

    def entry_for(self, key: str, criterion: Criterion) -> Asked:
        """The entry of a criterion: its rationale, or the text that it asks for."""
        work = self.sitting.work
        if criterion.type == "text":
            return Asked("text", key, criterion.title, str(work.values.get(key) or ""))
        title = f"why · {criterion.title}"
        return Asked("rationale", key, title, work.rationale_text(key), criterion.reasons, tuple(work.reasons(key)))

    def open_entry(self, asked: Asked) -> None:
        """Opens the entry under the item."""
        if self.sitting.view is None and asked.kind != "find":
            return
        self._settle_digits(ended=True)
        self.asked = asked
        self._begin_digits()
        keys = self.desk.keymap
        done, submit, editor = (keys.hint(f"text.{name}") for name in ("done", "submit", "editor"))
        self.entry_title.asked = asked
        self.entry_title.hint = (
            f"{done} done" if asked.single_line else f"{done} done · {submit} submit · {editor} editor"
        )
        with self.entry.prevent(self.entry.Changed):
            self.entry.load_text(visible(asked.text))
            self.entry.move_cursor(self.entry.document.end)
        self.entry.styles.height = min(asked.lines, max(1, self.app.size.height // 3))
        self.entry_title.remove_class("hidden")
        self.entry.remove_class("hidden")
        self.fit_entry_title()
        self.set_focus(self.entry, scroll_visible=False)  # at once: Widget.focus would let keys typed ahead go by
        self.divide()
        self.desk.turn_footers(self)

    def fit_entry_title(self) -> None:
        """Gives the quick reasons the rows that they need."""
        self.entry_title.styles.height = len(self.entry_title.rows(self.app.size.width, 9))
        self.entry_title.redraw()

    def follow_focus(self) -> None:
        """While the rationale of a criterion is open, the entry goes along to the criterion that is focused now."""
        focused = self.form.focused()
        if self.asked is not None and self.asked.kind in ("rationale", "text") and self.asked.key != LABEL and focused:
            self.open_entry(self.entry_for(*focused))

    # -- while it is open ------------------------------------------------------------------------------

    def reasons_alone(self) -> bool:
        """Whether the open entry is a rationale in which nothing but quick reasons stands."""
        return bool(self.asked and self.asked.reasons) and not self.entry.text

    def typed(self, text: str) -> None:
        """Takes over what stands in the entry."""
        asked, work = self.asked, self.sitting.work
        if asked is None or asked.kind in ("number", "find"):
            return
        told = ""
        if asked.kind == "rationale":
            work.write_rationale(asked.key, text)
            if not text:
                self._begin_digits()
            told = self._settle_digits()
        elif asked.kind == "correction":
            self._correct(asked.key, text)
        elif asked.kind == "note":
            work.notes = text
        elif text:
            work.values[asked.key] = text
        else:
            work.values.pop(asked.key, None)
        self.said_something()
        if told:
            self.notice.say(told)

    def _correct(self, key: str, text: str) -> None:
        view, kept = self.sitting.view, self.sitting.work.correction
        if view is not None and text == visible(view.outputs[int(key.removeprefix(_OUTPUT)) - 1].text):
            kept.pop(key, None)
        else:
            kept[key] = text

    def do_reason_digit(self, digit: int) -> None:
        """Puts a quick reason in, or takes it out."""
        asked = self.asked
        if asked is None:
            return
        if digit > len(asked.reasons):
            self.entry.insert(str(digit))  # there is no such reason, so it is a figure
            return
        self._digits += str(digit)
        reason = asked.reasons[digit - 1]
        self.sitting.work.toggle_reason(asked.key, reason)
        self._tell_reasons()
        self.said_something()
        done = "added" if reason in self.sitting.work.reasons(asked.key) else "taken out"
        self.notice.say(f"Reason {digit} {done}: “{reason}”. A space first writes a figure.")

    def _tell_reasons(self) -> None:
        if self.asked is not None:
            chosen = tuple(self.sitting.work.reasons(self.asked.key))
            self.entry_title.asked = self.asked = replace(self.asked, chosen=chosen)
            self.entry_title.redraw()

    def _begin_digits(self) -> None:
        self._digits = ""
        self._reasons_before = tuple(self.sitting.work.reasons(self.asked.key)) if self.asked else ()

    def _settle_digits(self, *, ended: bool = False) -> str:
        """Where what is typed makes a figure of the digits that it began with, writes them and takes their reasons
        back, which it says."""
        asked, text, work = self.asked, self.entry.text, self.sitting.work
        found = begun(text, ended=ended) if asked is not None and self._digits else Begun.OPEN
        if asked is None or found is Begun.OPEN:
            return ""
        digits, self._digits = self._digits, ""
        if found is Begun.REASONS:
            return ""
        work.choose_reasons(asked.key, self._reasons_before)
        work.write_rationale(asked.key, digits + text)
        with self.entry.prevent(self.entry.Changed):
            self.entry.insert(digits, (0, 0))
        self._tell_reasons()
        return f"{digits} is written as a figure, and chooses no reason."

    def do_text_new_line(self) -> None:
        """Begins a new line."""
        if self.asked is not None and not self.asked.single_line:
            self.entry.insert("\n")

    def do_text_done(self) -> None:
        """Ends the entry."""
        if told := self._settle_digits(ended=True):
            self.said_something()
        asked, text = self.asked, self.entry.text
        self.end_entry()
        if asked is None:
            return
        if asked.kind == "number":
            self._take_number(asked, text)
        elif asked.kind == "find":
            self._find(text)
        elif asked.kind == "text" and text:
            self.scored(advance=True)
        else:
            self.form.redraw()
        if told:
            self.notice.say(told)

    def do_text_submit(self) -> None:
        """Ends the entry, then submits; words to find are nothing to submit."""
        finding = self.asked is not None and self.asked.kind == "find"
        self.do_text_done()
        if not finding:
            self.run_named("rate.submit")

    def do_text_editor(self) -> None:
        """Goes on writing in $EDITOR."""
        if self.asked is None or self.asked.single_line:
            return
        command = self.desk.home.settings.editor or os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        try:
            written = self._edited(command, self.entry.text)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            self.notice.say(f"The editor {command} could not be run: {why}. Set $EDITOR.", "notice.warning")
            return
        except SuspendNotSupported:
            self.notice.say("This terminal cannot be handed to an editor.", "notice.warning")
            return
        if written is not None and written != self.entry.text:
            self.entry.load_text(visible(written))
            self.entry.move_cursor(self.entry.document.end)
            self.typed(self.entry.text)

    def _edited(self, command: str, text: str) -> str | None:
        folder = Path(tempfile.mkdtemp(prefix="reviewer-"))  # for its owner only
        path = folder / "text.md"
        try:
            argv = [*shlex.split(command), str(path)]
            path.write_text(text, encoding="utf-8", errors="replace")
            ended: int | OSError
            with self.app.suspend():
                # What is raised in here would leave the terminal to nobody.
                try:
                    ended = subprocess.run(argv, check=False).returncode
                except OSError as error:
                    ended = error
            self.app.refresh(layout=True)
            if isinstance(ended, OSError):
                raise ended
            if ended:
                self.notice.say(f"The editor ended with {ended}: nothing is taken over.", "notice.warning")
                return None
            return path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
        finally:
            path.unlink(missing_ok=True)
            folder.rmdir()

    def _take_number(self, asked: Asked, text: str) -> None:
        criterion = dict(self.form.asked)[asked.key]
        if not text.strip():
            self.sitting.work.values.pop(asked.key, None)
            self.scored(advance=False)
            return
        try:
            value: Any = parse_value(criterion, text.strip())
        except ReviewerError as error:
            self.notice.say(str(error), "notice.warning")
            return
        self.sitting.work.values[asked.key] = value
        self.scored(advance=True)

    def _find(self, words: str) -> None:
        if not words:
            return
        found = self.pane.find(words)
        keys = self.desk.keymap
        more = f" {keys.hint('read.find_next')} next, {keys.hint('read.find_previous')} previous." if found > 1 else ""
        self.notice.say(
            f"{found} found.{more}" if found else f"“{words}” is not in this pane.",
            "notice" if found else "notice.warning",
        )
