"""Why a measure of agreement has no value: one reason for each that has none."""

from __future__ import annotations

from typing import Final

from reviewer.measure.agreement.alpha import MOST_RATIO_POINTS
from reviewer.measure.agreement.icc import NAMES as ICCS
from reviewer.measure.agreement.kinds import Kinds
from reviewer.measure.agreement.pairs import CORRELATIONS, KAPPAS
from reviewer.measure.agreement.report import MEASURES
from reviewer.measure.agreement.scale import MOST_POINTS, Scale

OF_TWO: Final = (*KAPPAS, "scott_pi", *CORRELATIONS)
ONE_RATER: Final = "one rater alone agrees with nobody"
NO_PAIR: Final = "no item has two ratings"
_ORDERED: Final = (*KAPPAS[1:], "gwet_ac2", *ICCS, "kendall_w", *CORRELATIONS)
_NUMERIC: Final = (*ICCS, "pearson")
_CATEGORIES: Final = (
    *KAPPAS,
    "fleiss_kappa",
    "scott_pi",
    "conger_kappa",
    "brennan_prediger",
    "gwet_ac1",
    "gwet_ac2",
)


def beforehand(kinds: Kinds, scale: Scale) -> dict[str, str]:
    """Measures that the level, the scale or the panel rule out, whatever the ratings are."""
    if kinds.raters < 2:
        return dict.fromkeys(MEASURES, ONE_RATER)
    if not (kinds.sizes > 1).any():
        return dict.fromkeys(MEASURES, NO_PAIR)
    why: dict[str, str] = {}
    if kinds.raters > 2:
        why |= dict.fromkeys(OF_TWO, f"for two raters, and there are {kinds.raters}: see the pairs")
    if not scale.ordered:
        why |= dict.fromkeys(_ORDERED, "nominal points have no order")
    elif scale.numbers is None:
        why |= dict.fromkeys(_NUMERIC, "the points are no numbers")
    if len(scale) > MOST_POINTS:
        why |= dict.fromkeys(_CATEGORIES, f"{len(scale):,} different values are no scale of categories")
    if scale.level == "ratio" and len(scale) > MOST_RATIO_POINTS:
        why["krippendorff_alpha"] = f"at the ratio level {MOST_RATIO_POINTS:,} different values are the most"
    return why


def afterwards(name: str, kinds: Kinds, scale: Scale) -> str:
    """Why a measure that might have had a value has none."""
    paired = kinds.sizes[kinds.unit] > 1
    points = kinds.point[paired] if name in ("krippendorff_alpha", *KAPPAS) else kinds.point
    if points.min(initial=len(scale)) == points.max(initial=-1):
        repeats = kinds.repeats[kinds.unit]
        many = int(repeats[paired].sum() if name in ("krippendorff_alpha", *KAPPAS) else repeats.sum())
        said = f"all {many:,} ratings are {scale.points[int(points[0])][:40]}"
        if name in (*CORRELATIONS, *ICCS, "kendall_w"):
            return said
        return f"{said}: agreement is 100 %, and chance would give no less"
    if name in CORRELATIONS:
        return "a rater gave one value throughout"
    if name == "kendall_w":
        return "every rater put all items level"
    return "chance would agree as fully"
