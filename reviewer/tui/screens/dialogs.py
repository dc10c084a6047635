"""Dialogs: choosing from a list, reading a page, running a command by its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from reviewer.keys.actions import ACTIONS
from reviewer.keys.cheatsheet import sections
from reviewer.keys.contexts import DIALOG, PROMPT, Stack
from reviewer.text.cells import pad
from reviewer.tui.keyed import Keyed
from reviewer.tui.panes.lines import Fragments, folded
from reviewer.tui.screens.dialog_parts import Foot, Line, ListBody, PageBody, Telling, Title, typed_row

_KEYS_WIDTH = 14


class Dialog(Keyed):
    """A box over the screen. What is under it hears nothing."""

    CSS_PATH = None

    def __init__(self, title: str) -> None:
        super().__init__(classes="dialog")
        self._title = title

    @property
    def stack(self) -> Stack:
        """A dialog lets nothing through."""
        return DIALOG

    def body(self) -> ComposeResult:
        """The widgets under the title."""
        raise NotImplementedError

    def hint(self) -> str:
        """The keys that end the dialog."""
        keys = self.desk.keymap
        return f"{keys.hint('dialog.take', self.stack)} take · {keys.hint('dialog.close', self.stack)} close"

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical(id="box"):
            yield Title(self._title, self.hint)
            yield from self.body()
            yield Foot()

    def on_mount(self) -> None:
        """Takes on the colours of the app."""
        self.desk.dress(self)

    def do_dialog_close(self) -> None:
        """Closes and changes nothing."""
        self.dismiss(None)


class Choice(Dialog):
    """One of several answers, beginning at `chosen`; with `other`, a last one that asks for words. Gives the answer, or
    None. Without `numbered` the answers bring their own figures, from 1 on."""

    def __init__(
        self, title: str, answers: Sequence[str], *, other: str = "", chosen: int = 0, numbered: bool = True
    ) -> None:
        super().__init__(title)
        self._answers = [*answers, *([other] if other else [])]
        self._other = other
        self._list = ListBody([[(answer, "text")] for answer in self._answers], numbered=numbered, id="list")
        self._list.chosen = chosen
        self._input: Input | None = None

    @property
    def stack(self) -> Stack:
        """While words are typed, digits are words."""
        return PROMPT if self._input is not None else DIALOG

    def body(self) -> ComposeResult:
        """The answers."""
        self._list.styles.height = len(self._answers)
        yield self._list

    def do_dialog_up(self) -> None:
        """Goes up."""
        self._list.move(-1)

    def do_dialog_down(self) -> None:
        """Goes down."""
        self._list.move(1)

    def do_dialog_digit(self, digit: int) -> None:
        """Takes the nth answer."""
        nth = (digit or 10) - 1
        if self._input is None and nth < len(self._answers):
            self._list.chosen = nth
            self.do_dialog_take()

    def do_dialog_take(self) -> None:
        """Takes what is chosen, or asks for the words of the last answer."""
        if self._input is not None:
            if self._input.value.strip():
                self.dismiss(self._input.value.strip())
            return
        answer = self._answers[self._list.chosen]
        if answer != self._other:
            self.dismiss(answer)
            return
        self._input = Line(placeholder="in your words", compact=True)
        row = typed_row(self._input)
        self.query_one("#box").mount(row, after=self._list)
        self.desk.dress(self)
        self._input.focus()
        self.desk.turn_footers(self)


class Page(Dialog):
    """A text to read: the keys, the instructions, a queue's page. `tell` gives its rows for a width."""

    def __init__(self, title: str, tell: Telling) -> None:
        super().__init__(title)
        self._page = PageBody(tell, id="page")

    def tell_anew(self) -> None:
        """Tells the text again, which has changed."""
        self._page.tell_anew()
        self.query_one(Title).redraw()

    def hint(self) -> str:
        """How to scroll, where there is more, and how to close."""
        keys = self.desk.keymap
        close = f"{keys.hint('dialog.close', self.stack)} close"
        return close if self._page.is_whole else f"{keys.hint('dialog.page_down', self.stack)} more · {close}"

    def body(self) -> ComposeResult:
        """The text."""
        self._page.styles.height = "1fr"
        yield self._page

    def do_dialog_up(self) -> None:
        """Scrolls up."""
        self._page.scroll_rows(-1)

    def do_dialog_down(self) -> None:
        """Scrolls down."""
        self._page.scroll_rows(1)

    def do_dialog_page_up(self) -> None:
        """Scrolls up one page."""
        self._page.scroll_rows(-self._page.size.height)

    def do_dialog_page_down(self) -> None:
        """Scrolls down one page."""
        self._page.scroll_rows(self._page.size.height)

    def do_dialog_take(self) -> None:
        """Closes: there is nothing to take."""
        self.dismiss(None)


@dataclass(frozen=True, slots=True)
class Command:
    """A named action, as the palette lists it."""

    name: str
    description: str
    keys: str


class Commands(Dialog):
    """The command palette: type a part of a name, take one. Gives the name of the action, or None."""

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__("commands")
        self._all = list(commands)
        self._found = list(commands)
        self._input = Line(placeholder="part of a name", compact=True)
        self._list = ListBody(self._drawn(), numbered=False, id="list")

    @property
    def stack(self) -> Stack:
        """Letters are typed; arrows choose."""
        return PROMPT

    def body(self) -> ComposeResult:
        """A line, and what it leaves."""
        yield typed_row(self._input)
        self._list.styles.height = "1fr"
        yield self._list

    def on_mount(self) -> None:
        """Begins with typing."""
        super().on_mount()
        self.set_focus(self._input)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Leaves what holds every word that is typed."""
        words = event.value.lower().split()
        self._found = [
            command
            for command in self._all
            if all(word in f"{command.name} {command.description}".lower() for word in words)
        ]
        self._list.entries = self._drawn()
        self._list.chosen = 0
        self._list.redraw()

    def do_dialog_up(self) -> None:
        """Goes up."""
        self._list.move(-1)

    def do_dialog_down(self) -> None:
        """Goes down."""
        self._list.move(1)

    def do_dialog_take(self) -> None:
        """Runs what is chosen, after the palette has closed."""
        if self._found:
            self.dismiss(self._found[self._list.chosen].name)

    def _drawn(self) -> list[Fragments]:
        wide = max((len(command.name) for command in self._all), default=0)
        return [
            [(command.name.ljust(wide + 2), "strong"), (command.keys.ljust(8), "key"), (command.description, "dim")]
            for command in self._found
        ]


def keys_page(screen: Keyed) -> Page:
    """The keys that work on `screen`, by context, from the keymap as it is."""
    keymap = screen.desk.keymap
    found = sections(keymap, screen.hearing)

    def tell(width: int) -> list[Fragments]:
        entries: list[Fragments] = []
        for section in found:
            entries.append([(section.heading, "heading")])
            for row in section.rows:
                keys = pad(" ".join(row.keys), _KEYS_WIDTH)
                for number, line in enumerate(folded(row.description, width - _KEYS_WIDTH - 3)):
                    begin = keys if number == 0 else " " * _KEYS_WIDTH
                    entries.append([("  ", "text"), (begin, "key"), (" ", "text"), (line, "text")])
            entries.append([])
        return entries[:-1]

    return Page(f"keys · keymap {keymap.name}", tell)


def commands_for(screen: Keyed) -> Commands:
    """Every action that means something on `screen`."""
    keymap = screen.desk.keymap
    found = [
        Command(action.name, action.description, keymap.hint(action.name, screen.stack))
        for action in ACTIONS.values()
        if action.palette and action.context in screen.stack.contexts and screen.can_run(action.name)
    ]
    return Commands(found)
