"""A queue's own page: what it is, how far it is, and how to judge here."""

from __future__ import annotations

from reviewer.session.desk import QueueCard
from reviewer.session.sitting import Sitting
from reviewer.text.layout import Layout
from reviewer.tui.panes.lines import Fragments, folded
from reviewer.tui.screens.dialogs import Page

_BAR = 40


def instructions_page(sitting: Sitting) -> Page:
    """The item's name and why it was sent back, then the instructions of the rubric in force, and the criteria with
    their help."""
    view = sitting.view
    rubric = view.rubric if view else None

    def tell(width: int) -> list[Fragments]:
        if rubric is None:
            return [[("Nothing is open.", "text")]]
        entries: list[Fragments] = []
        if view is not None and view.name:
            entries += [[(line, "strong")] for line in folded(f"item {view.name}", width)]
        if sitting.remark:
            entries += [[(line, "notice.warning")] for line in folded(sitting.remark, width)]
        entries += [[]] * bool(entries)
        entries += _told(rubric.instructions or "The rubric gives no instructions.", width)
        for criterion in rubric.criteria:
            entries += [[], [(criterion.title, "heading")]]
            if criterion.help:
                entries += _told(criterion.help, width)
        return entries

    return Page(f"instructions · {rubric.name}" if rubric else "instructions", tell)


def queue_page(card: QueueCard) -> Page:
    """Progress and instructions of a queue that is not open."""
    share = card.done / card.size if card.size else 0.0

    def tell(width: int) -> list[Fragments]:
        filled = round(share * _BAR)
        return [
            [("█" * filled, "bar.done"), ("░" * (_BAR - filled), "bar.left"), (f" {share:.0%}", "text")],
            [(f"{card.done} done · {card.left} left · {card.flagged} flagged · {card.drafts} drafts", "text")],
            [(f"{card.kind} · rubric {card.rubric} · {'blind' if card.blind else 'open'} · {card.state}", "dim")],
            [(f"{card.active_ms / 60000:.0f} active minutes so far", "dim")],
            [],
            *_told(card.instructions or "The rubric gives no instructions.", width),
        ]

    return Page(card.name, tell)


def _told(text: str, width: int) -> list[Fragments]:
    layout = Layout(text, width)
    layout.finish()
    entries: list[Fragments] = []
    for index in range(layout.height):
        row = layout.row(index)
        at, entry = 0, []
        for start, end, style in row.spans:
            if start > at:
                entry.append((row.text[at:start], "text"))
            entry.append((row.text[start:end], style))
            at = end
        entry.append((row.text[at:], "text"))
        entries.append(entry)
    return entries
