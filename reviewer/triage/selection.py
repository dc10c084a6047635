"""What an expert should see: items drawn by how suspicious they are, each with a chance that is known and above 0.

Shapes: every array has one entry an item, in the order of `Signals.keys`. Nothing here reads a text.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import eq

import numpy as np

from reviewer.errors import BadInput, WrongUsage
from reviewer.ids import canonical_json
from reviewer.measure.arrays import Flags, Floats, Ints
from reviewer.measure.designs import Allocation, draw, inclusion_probabilities

FLOOR = 0.2
_ROWS_AT_ONCE = 20_000
_NONE = -1

RANDOM_FLOOR = "random floor"
RISK = "risk tag"
CONFLICT = "check against judge"
JURY = "judge against jury"
CHECK = "check failed"
SPREAD = "judges disagree"
ABSTAINED = "judge abstained"
NEAR = "near the threshold"


@dataclass(frozen=True, slots=True)
class Signals:
    """What checks, judges and jury have said of each item. All but the keys and hashes may be missing.

    `failed` has by check a mask of items that it failed, `risk` by tag a mask; `score` and `jury` are what the judge
    and the jury gave (NaN for nothing), `threshold` where passing begins, `reach` how far from it is not near any more;
    `spread` is the variance between samples or judges, `abstained` the share of answers that were none. A cluster or
    stratum below 0 is none; those without a stratum are one of their own.
    """

    keys: Sequence[str]
    hashes: Sequence[str]
    failed: Mapping[str, Flags] = field(default_factory=dict)
    score: Floats | None = None
    jury: Floats | None = None
    threshold: float | None = None
    reach: float = 1.0
    spread: Floats | None = None
    abstained: Floats | None = None
    risk: Mapping[str, Flags] = field(default_factory=dict)
    strata: Ints | None = None
    clusters: Ints | None = None
    labelled: Flags | None = None

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each signal counts, at its fullest. The sum is raised to `sharpness`, so that many faint signals draw
    less than few strong ones."""

    conflict: float = 1.0
    jury: float = 0.8
    failed: float = 0.7
    spread: float = 0.6
    abstained: float = 0.5
    near: float = 0.3
    sharpness: float = 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A drawn sample. `chosen` are places among the signals in rising order, and `chances`, `strata`, `reasons` and
    `kinds` speak of these in turn; `frame` has the places that a draw was made from, and all that an estimate from it
    speaks of. `frame_hash` and `seed` are what a draw is repeated by."""

    chosen: Ints
    chances: Floats
    strata: Ints
    reasons: tuple[str, ...]
    kinds: tuple[str, ...]
    frame: Ints
    frame_hash: str
    seed: int
    floor: float
    by_kind: Mapping[str, int]
    left_out: Mapping[str, int]
    notes: tuple[str, ...]


def suspicion(signals: Signals, weights: Weights | None = None) -> Floats:
    """How much each item deserves an expert's eye, 0 for what no signal speaks of; risk tags are not in it.

    Raises BadInput for a signal that is not of all items.
    """
    _refuse(signals)
    weights = weights or Weights()
    total = np.zeros(len(signals))
    for strength in _strengths(signals, weights).values():
        total += strength
    return np.asarray(total**weights.sharpness, dtype=np.float64)


def worth_signing(signals: Signals, n: int, *, times: int = 20, weights: Weights | None = None) -> Ints:
    """The places of the items that are worth a signature against near-duplicates, in rising order: those with a risk
    tag, and the `times` · n most suspicious."""
    seen = suspicion(signals, weights)
    seen[_any(signals.risk, len(signals))] = np.inf
    if signals.labelled is not None:
        seen[signals.labelled] = -1.0
    most = min(len(seen), times * n)
    order = np.argsort(-seen, kind="stable")[:most]
    return np.sort(order[seen[order] >= 0])


def select(
    signals: Signals,
    n: int,
    *,
    seed: int,
    floor: float = FLOOR,
    allocation: Allocation = "proportional",
    weights: Weights | None = None,
) -> Plan:
    """Draws n items (all, where there are not more), each with a chance above 0 that the plan records.

    Items that are labelled already, and all but one of each cluster of near-duplicates, are out before any chance is
    computed. Those with a risk tag are drawn surely while they take no more than the share of n that is not the
    `floor`; else they share that. The floor is spread over the frame evenly, strata share n as `allocation` says. The
    draw has a fixed size (see `reviewer.measure.designs.draw`): estimates from it are made with `draw="fixed"`. Raises
    WrongUsage for an n below 1, a seed below 0 and a floor outside 0 … 1, BadInput for signals that do not fit.
    """
    if n < 1:
        raise WrongUsage("Nothing to select: the number is below 1.", mend="Ask for one item at least.")
    if not 0 < floor <= 1:
        raise WrongUsage(
            "The random floor lies above 0, and is 1 at most.",
            mend="Without it the sample says nothing of what no signal pointed at: 0.2 is a good one.",
        )
    if seed < 0:
        raise WrongUsage("A seed is 0 at least.", mend="Give another.")
    weights = weights or Weights()
    seen = suspicion(signals, weights)
    tagged = _any(signals.risk, len(signals))
    frame, left_out = _frame(signals, seen, tagged)
    pools = _pools(signals, frame, tagged[frame], n, floor)
    chances = _chances(seen[frame], n, floor, pools, allocation)
    places = draw(chances, seed, strata=pools.group)
    chosen = frame[places]
    by_floor = _by_floor(seen[frame], chances, floor, pools)[places]
    kinds, reasons = _reasons(signals, chosen, by_floor, weights)
    notes: tuple[str, ...] = ()
    if pools.crowded.any() and len(chosen) < len(frame):
        notes += (
            f"{int(pools.crowded.sum()):,} items have a risk tag, too many to be drawn surely: they share a part.",
        )
    if n > len(frame):
        notes += (f"the frame has {len(frame):,} items, fewer than the {n:,} asked for: all are in.",)
    if sum(left_out.values()):
        notes += ("an estimate speaks of the items of the frame, not of those left out of it.",)
    return Plan(
        chosen=chosen,
        chances=chances[places],
        strata=pools.strata[places],
        reasons=reasons,
        kinds=kinds,
        frame=frame,
        frame_hash=frame_hash(signals, frame),
        seed=seed,
        floor=floor,
        by_kind=dict(Counter(kinds).most_common()),
        left_out=left_out,
        notes=notes,
    )


def frame_hash(signals: Signals, frame: Ints) -> str:
    """The digest (see `reviewer.ids.digest`) of the key and content hash of each item of the frame, in their order."""
    keys, hashes = signals.keys, signals.hashes
    ordered = sorted(frame.tolist(), key=keys.__getitem__)
    names = [keys[place] for place in ordered]
    if any(map(eq, names, islice(names, 1, None))):
        ordered.sort(key=lambda place: (keys[place], hashes[place]))
    told = hashlib.sha256(b"[")
    # Piece by piece: the whole list as JSON is as large as all the rest.
    for start in range(0, len(ordered), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        rows = canonical_json(list(zip(names[part], (hashes[place] for place in ordered[part]), strict=True)))
        told.update((b"," if start else b"") + rows[1:-1])
    told.update(b"]")
    return told.hexdigest()


def _refuse(signals: Signals) -> None:
    arrays = {
        "score": signals.score,
        "jury": signals.jury,
        "spread": signals.spread,
        "abstained": signals.abstained,
        "strata": signals.strata,
        "clusters": signals.clusters,
        "labelled": signals.labelled,
        **{f"check {name}": mask for name, mask in signals.failed.items()},
        **{f"risk tag {name}": mask for name, mask in signals.risk.items()},
    }
    for name, array in arrays.items():
        if array is not None and len(array) != len(signals):
            raise BadInput(f"The signal “{name}” is of {len(array):,} items, and there are {len(signals):,}.")
    if len(signals.hashes) != len(signals):
        raise BadInput("Each item has a key and a content hash.")
    for name, array in (("spread", signals.spread), ("abstained", signals.abstained)):
        if array is not None and len(array) and float(np.nanmin(np.append(array, 0.0))) < 0:
            raise BadInput(f"The signal “{name}” is below 0.")


def _any(masks: Mapping[str, Flags], items: int) -> Flags:
    found = np.zeros(items, dtype=np.bool_)
    for mask in masks.values():
        found |= mask
    return found


def _strengths(signals: Signals, weights: Weights) -> dict[str, Floats]:
    """By kind of reason what it adds to the suspicion of each item."""
    items, found = len(signals), {}
    caught = _any(signals.failed, items)
    if signals.failed:
        found[CHECK] = weights.failed * caught
    score, jury, threshold = signals.score, signals.jury, signals.threshold
    if score is not None and threshold is not None:
        found[CONFLICT] = (weights.conflict - weights.failed) * (caught & (score >= threshold))
        near = np.maximum(0.0, 1 - np.abs(score - threshold) / signals.reach) if signals.reach > 0 else np.zeros(items)
        found[NEAR] = weights.near * np.nan_to_num(near)
        if jury is not None:
            known = ~np.isnan(score) & ~np.isnan(jury)
            found[JURY] = weights.jury * (known & ((score >= threshold) != (jury >= threshold)))
    if signals.spread is not None:
        spread = np.nan_to_num(signals.spread)
        positive = spread[spread > 0]
        if len(positive):
            found[SPREAD] = weights.spread * np.minimum(1.0, spread / float(np.quantile(positive, 0.99)))
    if signals.abstained is not None:
        found[ABSTAINED] = weights.abstained * np.minimum(1.0, np.nan_to_num(signals.abstained))
    return {kind: np.maximum(0.0, strength).astype(np.float64) for kind, strength in found.items()}


def _frame(signals: Signals, seen: Floats, tagged: Flags) -> tuple[Ints, dict[str, int]]:
    """The places that may be drawn. Of a cluster the one with a risk tag, else the most suspicious, stands for all."""
    items = len(signals)
    labelled = np.zeros(items, dtype=np.bool_) if signals.labelled is None else signals.labelled
    kept = ~labelled
    if signals.clusters is not None and items:
        members = np.flatnonzero(signals.clusters >= 0)
        order = members[np.lexsort((members, -seen[members], ~tagged[members], ~labelled[members]))]
        _, first = np.unique(signals.clusters[order], return_index=True)
        # A copy of a labelled item says nothing new: there the labelled one stands for its cluster.
        stands = np.zeros(items, dtype=np.bool_)
        stands[order[first]] = True
        kept &= stands | (signals.clusters < 0)
    left = {"already labelled": int(labelled.sum()), "near-duplicates": int((~kept & ~labelled).sum())}
    return np.flatnonzero(kept), {why: count for why, count in left.items() if count}


@dataclass(frozen=True, slots=True)
class _Pools:
    """What the places of the frame share: `group` is the stratum, or the pool of tagged items that are too many."""

    group: Ints
    strata: Ints
    certain: Flags
    crowded: Flags


def _pools(signals: Signals, frame: Ints, tagged: Flags, n: int, floor: float) -> _Pools:
    strata = np.full(len(frame), _NONE) if signals.strata is None else np.maximum(signals.strata[frame], _NONE)
    _, group = np.unique(strata, return_inverse=True)
    group = group.reshape(-1).astype(np.int64)
    nobody = np.zeros(len(frame), dtype=np.bool_)
    if int(tagged.sum()) <= (1 - floor) * n:
        return _Pools(group, strata, tagged, nobody)
    return _Pools(np.where(tagged, int(group.max()) + 1, group), strata, nobody, tagged)


def _chances(seen: Floats, n: int, floor: float, pools: _Pools, allocation: Allocation) -> Floats:
    items, crowded = len(seen), pools.crowded
    rest = np.flatnonzero(~crowded)
    of_rest = float(n)
    chances = np.ones(items)
    if n >= items:
        return chances
    if crowded.any():
        of_rest = min(floor * n, float(len(rest)))
        chances[crowded] = inclusion_probabilities(seen[crowded], n - of_rest, floor=floor)
    if len(rest):
        chances[rest] = inclusion_probabilities(
            seen[rest],
            of_rest,
            floor=floor,
            certain=pools.certain[rest],
            strata=pools.group[rest],
            allocation=allocation,
        )
    return chances


def _by_floor(seen: Floats, chances: Floats, floor: float, pools: _Pools) -> Flags:
    """The items whose chance comes from the floor for the most part."""
    free = ~pools.certain
    sums = np.bincount(pools.group[free], seen[free], minlength=len(pools.group) and int(pools.group.max()) + 1)
    sizes = np.bincount(pools.group[free], minlength=len(sums))
    means = sums / np.maximum(1, sizes)
    for_the_most_part = (1 - floor) * seen <= floor * means[pools.group]
    return np.asarray((seen == 0) | ((chances < 1) & for_the_most_part), dtype=np.bool_)


def _reasons(
    signals: Signals, chosen: Ints, by_floor: Flags, weights: Weights
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The chief kind of reason of each chosen item, and its reasons in words: the tags, and the two strongest."""
    strengths = {kind: found[chosen] for kind, found in _strengths(signals, weights).items()}
    if CONFLICT in strengths:
        both = strengths[CONFLICT] > 0
        strengths[CONFLICT] = strengths[CONFLICT] + np.where(both, strengths.get(CHECK, 0.0), 0.0)
        if CHECK in strengths:
            strengths[CHECK] = np.where(both, 0.0, strengths[CHECK])
    kinds, reasons = [], []
    for at, place in enumerate(chosen.tolist()):
        tags = [f"{RISK}: {name}" for name, mask in signals.risk.items() if mask[place]]
        strong = (
            []
            if by_floor[at]
            else sorted(
                (kind for kind, found in strengths.items() if found[at] > 0), key=lambda kind: -strengths[kind][at]
            )
        )
        kinds.append(RISK if tags else strong[0] if strong else RANDOM_FLOOR)
        said = tags + [_said(signals, kind, place) for kind in strong[:2]]
        reasons.append("; ".join(said) or RANDOM_FLOOR)
    return tuple(kinds), tuple(reasons)


def _said(signals: Signals, kind: str, place: int) -> str:
    def of(array: Floats | None) -> str:
        return "nothing" if array is None else f"{float(array[place]):.3g}"

    names = [name for name, mask in signals.failed.items() if mask[place]]
    checks = f"check {names[0]} failed" if len(names) == 1 else f"checks {', '.join(names)} failed"
    if kind == CONFLICT:
        return f"{checks} but the judge scored {of(signals.score)}"
    if kind == CHECK:
        return checks
    if kind == JURY:
        return f"the judge scored {of(signals.score)}, the jury {of(signals.jury)}"
    if kind == SPREAD:
        return f"judges disagree (spread {of(signals.spread)})"
    if kind == ABSTAINED:
        share = 0.0 if signals.abstained is None else float(signals.abstained[place])
        return f"the judge abstained in {100 * share:.0f} %"
    return f"the judge scored {of(signals.score)}, near the threshold {signals.threshold:.3g}"
