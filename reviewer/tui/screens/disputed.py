"""The items of a revealed round in a list, the most disputed first."""

from __future__ import annotations

from textual.app import ComposeResult

from reviewer.session.revealing import Revealing
from reviewer.text.cells import pad, truncate
from reviewer.text.sanitise import one_line
from reviewer.tui.panes.lines import Fragments
from reviewer.tui.screens.dialog_parts import ListBody
from reviewer.tui.screens.dialogs import Dialog

_OTHER_ROWS = 4
_TOLD, _NAME = 40, 16


class Disputed(Dialog):
    """Gives the place of the item that was chosen, or None."""

    def __init__(self, sitting: Revealing) -> None:
        super().__init__(f"most disputed first · {sitting.queue.name}")
        self._list = ListBody([_entry(sitting, seq) for seq in range(sitting.size)], numbered=False, id="list")
        self._list.chosen = sitting.view.seq if sitting.view is not None else 0

    def body(self) -> ComposeResult:
        """The items."""
        self._list.styles.height = max(1, min(len(self._list.entries), self.app.size.height - _OTHER_ROWS))
        yield self._list

    def do_dialog_up(self) -> None:
        """Goes up."""
        self._list.move(-1)

    def do_dialog_down(self) -> None:
        """Goes down."""
        self._list.move(1)

    def do_dialog_page_up(self) -> None:
        """Goes up one page."""
        self._list.move(-self._list.size.height)

    def do_dialog_page_down(self) -> None:
        """Goes down one page."""
        self._list.move(self._list.size.height)

    def do_dialog_take(self) -> None:
        """Opens the chosen item."""
        self.dismiss(self._list.chosen)


def _entry(sitting: Revealing, seq: int) -> Fragments:
    panel = sitting.panels[seq]
    voted = any(label.mine and label.after is not None for label in panel.labels)
    noted = any(note.task == panel.task for note in sitting.walk.notes)
    name = "" if sitting.queue.sealed else f"{pad(truncate(one_line(panel.key, 40), _NAME), _NAME)}  "
    told = one_line(panel.told, _TOLD)
    return [
        (f"{seq + 1:>4}  ", "dim"),
        (f"{'✓' if voted else ' '}{'✎' if noted else ' '}{'⚑' if panel.flagged else ' '} ", "state.flagged"),
        (f"{pad(told, _TOLD)}  ", "warn" if panel.dispute else "good"),
        (name, "strong"),
        (one_line(sitting.opening(seq), 200), "text"),
    ]
