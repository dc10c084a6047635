"""Colours by meaning. Whatever a colour says, a glyph, a weight or a word says too; `plain` has no colour at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from rich.style import Style

from reviewer.errors import WrongUsage

PaletteName = Literal["dark", "light", "contrast", "plain"]
PALETTES: tuple[PaletteName, ...] = ("dark", "light", "contrast", "plain")


@dataclass(frozen=True)
class Palette:
    """Styles by semantic name; a dotted name falls back on what stands before its last dot."""

    name: str
    styles: dict[str, Style]
    dark: bool = True
    _combined: dict[str, Style] = field(default_factory=dict, repr=False, compare=False)

    def style(self, names: str = "") -> Style:
        """The base style with each of the names, separated by spaces, laid over it; unknown names change nothing."""
        style = self._combined.get(names)
        if style is None:
            style = self.styles["text"]
            for name in names.split():
                style = style + self._one(name)
            self._combined[names] = style
        return style

    def _one(self, name: str) -> Style:
        while name:
            style = self.styles.get(name)
            if style is not None:
                return style
            name = name.rpartition(".")[0]
        return Style.null()

    def colour(self, name: str) -> str | None:
        """The foreground of a name as `#rrggbb`, for style sheets; None where the palette has no colour."""
        colour = self.style(name).color
        return None if colour is None or colour.triplet is None else colour.triplet.hex

    @property
    def background(self) -> str | None:
        """The background of the text as `#rrggbb`; None where it is the terminal's own."""
        colour = self.styles["text"].bgcolor
        return None if colour is None or colour.triplet is None else colour.triplet.hex


@dataclass(frozen=True)
class _Inks:
    paper: str
    ink: str
    muted: str
    accent: str
    second: str
    good: str
    warn: str
    bad: str
    code: str
    shade: str  # the ground of code and of selected rows
    hit: str
    frame: str
    dark: bool


_INKS: dict[str, _Inks] = {
    "dark": _Inks(
        paper="#15181d",
        ink="#d9dde3",
        muted="#98a2b0",
        accent="#7cb7ff",
        second="#c3a6ff",
        good="#86d992",
        warn="#f0c674",
        bad="#ff9a8f",
        code="#c8d3b5",
        shade="#232931",
        hit="#f0c674",
        frame="#8a94a3",
        dark=True,
    ),
    "light": _Inks(
        paper="#fbfaf7",
        ink="#1d2126",
        muted="#5a636e",
        accent="#0a55a8",
        second="#6a36a8",
        good="#1a6b2a",
        warn="#7a5200",
        bad="#a62318",
        code="#30521c",
        shade="#ecebe4",
        hit="#ffd75e",
        frame="#646d78",
        dark=False,
    ),
    "contrast": _Inks(
        paper="#000000",
        ink="#ffffff",
        muted="#d0d0d0",
        accent="#5fd7ff",
        second="#ffafff",
        good="#5fff5f",
        warn="#ffff5f",
        bad="#ffafaf",
        code="#ffffaf",
        shade="#262626",
        hit="#ffff00",
        frame="#ffffff",
        dark=True,
    ),
}


def _coloured(name: str, inks: _Inks) -> Palette:
    dark_ink = inks.paper if inks.dark else inks.ink
    styles = {
        "text": Style(color=inks.ink, bgcolor=inks.paper),
        "muted": Style(color=inks.muted),
        "accent": Style(color=inks.accent),
        "good": Style(color=inks.good),
        "warn": Style(color=inks.warn, bold=True),
        "bad": Style(color=inks.bad, bold=True),
        "key": Style(color=inks.accent, bold=True),
        "strong": Style(bold=True),
        "emphasis": Style(italic=True),
        "strike": Style(strike=True),
        "heading": Style(color=inks.accent, bold=True),
        "heading.1": Style(color=inks.accent, bold=True, underline=True),
        "link": Style(color=inks.accent, underline=True),
        "target": Style(color=inks.muted),
        "quote": Style(color=inks.muted),
        "marker": Style(color=inks.muted),
        "rule": Style(color=inks.muted),
        "table": Style(color=inks.muted),
        "table.header": Style(bold=True),
        "code": Style(color=inks.code, bgcolor=inks.shade),
        "code.info": Style(color=inks.muted, bgcolor=inks.paper, italic=True),
        "code.keyword": Style(color=inks.second, bold=True),
        "code.name": Style(color=inks.accent),
        "code.string": Style(color=inks.good),
        "code.number": Style(color=inks.warn),
        "code.comment": Style(color=inks.muted, italic=True),
        "code.inserted": Style(color=inks.good),
        "code.deleted": Style(color=inks.bad),
        "role": Style(color=inks.second, bold=True, underline=True),
        "source": Style(color=inks.muted, italic=True),
        "title": Style(color=inks.muted, bold=True),
        "title.active": Style(color=dark_ink if inks.dark else inks.paper, bgcolor=inks.accent, bold=True),
        "subtitle": Style(color=inks.muted),
        "frame": Style(color=inks.frame),
        "track": Style(color=inks.frame),
        "thumb": Style(color=inks.accent, bold=True),
        "hit": Style(color=dark_ink, bgcolor=inks.hit, underline=True),
        "hit.current": Style(color=inks.paper, bgcolor=inks.ink, bold=True, underline=True),
        "differ": Style(color=inks.warn, bgcolor=inks.shade, underline=True),
        "selection": Style(color=inks.paper, bgcolor=inks.accent),
        "focus": Style(bgcolor=inks.shade, bold=True),
        "dim": Style(color=inks.muted),
        "pane.title": Style(color=inks.muted),
        "pane.title.active": Style(color=inks.accent, bold=True),
        "pane.edge": Style(color=inks.frame),
        "pane.edge.active": Style(color=inks.accent),
        "form.label.focused": Style(color=inks.paper, bgcolor=inks.accent, bold=True),
        "form.scale": Style(color=inks.muted),
        "form.chosen": Style(color=inks.paper, bgcolor=inks.good, bold=True),
        "form.value": Style(color=inks.good, bold=True),
        "form.note": Style(color=inks.muted, italic=True),
        "form.missing": Style(color=inks.warn, bold=True),
        "status": Style(bgcolor=inks.shade),
        "status.dim": Style(color=inks.muted, bgcolor=inks.shade),
        "status.strong": Style(bgcolor=inks.shade, bold=True),
        "status.saved": Style(color=inks.good, bgcolor=inks.shade, bold=True),
        "status.waiting": Style(color=inks.warn, bgcolor=inks.shade, bold=True),
        "status.trouble": Style(color=inks.paper, bgcolor=inks.bad, bold=True),
        "notice": Style(color=inks.accent, bold=True),
        "notice.warning": Style(color=inks.warn, bold=True),
        "notice.trouble": Style(color=inks.bad, bold=True),
        "key.label": Style(color=inks.muted),
        "list.cursor": Style(color=inks.paper, bgcolor=inks.accent, bold=True),
        "state.submitted": Style(color=inks.good),
        "state.skipped": Style(color=inks.warn),
        "state.abstained": Style(color=inks.warn),
        "state.sent_back": Style(color=inks.bad),
        "state.flagged": Style(color=inks.warn, bold=True),
        "bar.done": Style(color=inks.good),
        "bar.left": Style(color=inks.frame),
    }
    return Palette(name, styles, inks.dark)


def _plain() -> Palette:
    bold, italic, underline = Style(bold=True), Style(italic=True), Style(underline=True)
    loud = Style(bold=True, reverse=True)
    return Palette(
        "plain",
        {
            "text": Style.null(),
            "warn": bold,
            "bad": loud,
            "key": bold,
            "strong": bold,
            "emphasis": italic,
            "strike": Style(strike=True),
            "heading": bold,
            "heading.1": Style(bold=True, underline=True),
            "link": underline,
            "table.header": bold,
            "code.info": italic,
            "code.keyword": bold,
            "code.comment": italic,
            "role": Style(bold=True, underline=True),
            "source": italic,
            "title": bold,
            "title.active": loud,
            "thumb": bold,
            "hit": Style(reverse=True),
            "hit.current": Style(bold=True, reverse=True, underline=True),
            "differ": Style(bold=True, underline=True),
            "selection": Style(reverse=True),
            "focus": loud,
            "pane.title.active": bold,
            "form.label.focused": loud,
            "form.chosen": loud,
            "form.value": bold,
            "form.note": italic,
            "form.missing": bold,
            "status": Style(reverse=True),
            "status.trouble": Style(bold=True, reverse=True, underline=True),
            "notice": bold,
            "list.cursor": loud,
            "state.flagged": bold,
        },
    )


@cache
def palette(name: str) -> Palette:
    """One of the four palettes; any other name raises WrongUsage."""
    if name == "plain":
        return _plain()
    inks = _INKS.get(name)
    if inks is None:
        raise WrongUsage(f"There is no palette {name!r}.", mend=f"Choose one of: {', '.join(PALETTES)}.")
    return _coloured(name, inks)
