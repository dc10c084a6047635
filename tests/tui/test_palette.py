from __future__ import annotations

import pytest
from rich.color_triplet import ColorTriplet

from reviewer.errors import WrongUsage
from reviewer.tui.palette import PALETTES, palette

COLOURED = [name for name in PALETTES if name != "plain"]


def luminance(colour: ColorTriplet) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("name", COLOURED)
def test_every_style_can_be_read(name: str) -> None:
    colours = palette(name)
    for names in [*colours.styles, *(f"code {one}" for one in colours.styles if one.startswith("code."))]:
        style = colours.style(names)
        assert style.color is not None
        assert style.bgcolor is not None
        ink, paper = sorted((luminance(style.color.get_truecolor()), luminance(style.bgcolor.get_truecolor())))
        assert (paper + 0.05) / (ink + 0.05) >= 4.5, names


def test_plain_has_no_colour() -> None:
    colours = palette("plain")
    assert all(style.color is None and style.bgcolor is None for style in colours.styles.values())
    assert colours.colour("text") is None
    assert colours.background is None


@pytest.mark.parametrize("name", PALETTES)
def test_what_must_stand_out_differs_by_more_than_colour(name: str) -> None:
    colours = palette(name)
    for one in ("strong", "emphasis", "strike", "heading", "link", "hit", "hit.current", "role", "title.active"):
        style = colours.style(one)
        assert any((style.bold, style.italic, style.underline, style.reverse, style.strike)), one
    assert colours.style("hit") != colours.style("hit.current")


def test_a_dotted_name_falls_back_and_an_unknown_one_changes_nothing() -> None:
    colours = palette("dark")
    assert colours.style("code.nosuch") == colours.style("code")
    assert colours.style("nosuch") == colours.style("")
    assert colours.style("strong link").bold
    assert colours.style("strong link").underline


def test_an_unknown_palette_is_refused_by_name() -> None:
    with pytest.raises(WrongUsage, match="dark, light, contrast, plain"):
        palette("neon")
