"""How everything in the pane of a panel's labels is written: flat, in cells, line by line."""

from __future__ import annotations

from reviewer.session.panel import PeerLabel
from reviewer.text.cells import pad, truncate
from reviewer.text.sanitise import visible
from reviewer.text.styled import Builder


def headed(title: str) -> Builder:
    """A piece that begins with an empty row and a heading."""
    out = Builder()
    out.end_line()
    out.add(title, "role")
    out.end_line()
    return out


def add_text(out: Builder, about: str, text: str, style: str = "", *, lead: str = "") -> None:
    """Adds `text` line by line, set in, with `about` before it."""
    out.begin("  ", "    ")
    for number, line in enumerate(visible(text).strip("\n").split("\n")):
        if number == 0 and about:
            out.add(about, lead or style)
        elif number and about:
            out.begin("    ", "    ")
        out.add(line, style)
        out.end_line()


def flat(text: str) -> str:
    """A text on one line, with whatever would steer the terminal made visible."""
    return visible(text).replace("\n", " ").replace("\t", " ")


def cell(text: str, wide: int) -> str:
    """A text cut or filled to exactly `wide` cells."""
    return pad(truncate(flat(text), wide), wide)


def named(label: PeerLabel) -> str:
    """How a rater is told: the name, and what sets the label apart."""
    counts = label.counts or label.outcome != "submitted"
    marks = f"{'' if counts else '°'}{' ⚑' if label.latest.flags else ''}"
    return f"{flat(label.rater)}{' (you)' if label.mine else ''}{marks}"
