"""Whether a judge may stand in for people: only while its figures hold, and for exactly this version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from reviewer.exchange.queue_judges import JudgeFacts, QueueJudges
from reviewer.measure.figure import Figure
from reviewer.measure.judges.biases import Finding
from reviewer.measure.judges.classified import Classified
from reviewer.measure.judges.resampling import How
from reviewer.measure.standing import all_of
from reviewer.triage.judge.trust import align, besides, biases

_LENGTH_OF_PAIRS, _LENGTH_OF_SCORES = 0.3, 0.1


@dataclass(frozen=True, slots=True)
class Terms:
    """What must hold: the least number of items and lower limit of kappa, and how far the limits of each bias may lie
    from 0: a share of pairs; log odds a standard deviation of length (of scores, a share of the scale); a share of the
    scale. Without `length` these are 0.3 and 0.1."""

    items: int = 50
    kappa: float = 0.6
    position: float = 0.1
    length: float | None = None
    leniency: float = 0.1

    def to_json(self) -> dict[str, Any]:
        """The terms for a program."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Term:
    """One term: whether it holds, the figure that says so, and the limit."""

    term: str
    holds: bool
    told: str
    limit: str


@dataclass(frozen=True, slots=True)
class Licence:
    """Every term under one criterion; it is granted where all of them hold."""

    terms: tuple[Term, ...]

    @property
    def granted(self) -> bool:
        """Whether the judge may stand in."""
        return all(one.holds for one in self.terms)

    def to_json(self) -> dict[str, Any]:
        """The licence for a program."""
        return {"granted": self.granted, "terms": [asdict(one) for one in self.terms]}


def licence_of(
    read: QueueJudges,
    judge: JudgeFacts,
    terms: Terms,
    *,
    against: str | None = None,
    criteria: tuple[str, ...] = (),
    how: How | None = None,
) -> dict[str, Licence]:
    """The licence of a judge under each criterion that it answered, or those named.

    What is not identified, such as the place of an output that stands alone, is no ground to refuse; what is too
    uncertain to tell is. Raises WrongUsage for a criterion that it did not answer.
    """
    told = align(read, judge, against=against, criteria=criteria, most=0, how=how)
    leanings = biases(read, judge, criteria=criteria, how=how)
    spans = {name: _span(one.scale.spots) for name, one in besides(read, judge, criteria).items()}
    pairs = read.kind == "pairwise"
    return {
        name: Licence(
            (
                *_agrees(one.alignment.over_all, terms),
                *_leans(leanings[name], terms, 1.0 if pairs else spans[name], pairs=pairs),
            )
        )
        for name, one in told.items()
    }


def _agrees(told: Classified, terms: Terms) -> Iterator[Term]:
    yield Term("items", told.n >= terms.items, f"{told.n:,}", f"at least {terms.items:,}")
    name = "cohen_kappa_quadratic" if "cohen_kappa_quadratic" in told.figures else "cohen_kappa"
    word = "kappa, quadratic" if name.endswith("quadratic") else "kappa"
    kappa = told.figures[name].judge if name in told.figures else Figure(None, why="no kappa for these answers")
    low = kappa.low
    if low is None and kappa.value == 1 and told.n:
        # Where the judge was never wrong, the number of items alone bounds it, as it does a rater's certificate.
        low = all_of(told.n)
        kappa = Figure(1.0, low, 1.0, told.n)
    holds = low is not None and low >= terms.kappa
    yield Term(word, holds, _limits(kappa), f"lower limit at least {terms.kappa:g}")


def _leans(findings: list[Finding], terms: Terms, span: float, *, pairs: bool) -> Iterator[Term]:
    length = terms.length if terms.length is not None else _LENGTH_OF_PAIRS if pairs else _LENGTH_OF_SCORES
    limits = {"position": terms.position, "length": length * span, "leniency": terms.leniency * span}
    for one in findings:
        limit = limits.get(one.bias)
        if limit is None or one.figure.value is None:
            continue
        low, high = one.figure.low, one.figure.high
        holds = low is not None and high is not None and -limit <= low and high <= limit
        yield Term(one.bias, holds, _limits(one.figure), f"within {limit:g} of 0")


def _limits(figure: Figure) -> str:
    if figure.value is None:
        return f"not to be told: {figure.why}"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}, without an interval"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _span(spots: Any) -> float:
    return float(spots[-1] - spots[0]) if len(spots) > 1 else 1.0
