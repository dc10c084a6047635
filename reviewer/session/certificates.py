"""What a round shows of each member: the certificate that it issues, and whether one opens a queue to a rater."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast

from reviewer.errors import BadInput
from reviewer.ids import new_id, now
from reviewer.rubric import Rubric
from reviewer.rubric.questions import scale_of_answer
from reviewer.rubric.stored import stored_rubric
from reviewer.store import queues, rounds
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.rounds import KeptCertificate, RoundRecord

if TYPE_CHECKING:
    from reviewer.exchange.round_votes import RoundVotes
    from reviewer.measure.agreement.ratings import Panel
    from reviewer.measure.figure import Figure
    from reviewer.measure.standing import Standing

SETTING = "certificate"
THRESHOLD, VALID_DAYS = 0.6, 90
LONGEST_VALID_DAYS = 3650
DISCUSSED = (
    "Agreement after the discussion is consensus: it says nothing of how far the members would agree by themselves. "
    "Whether anything has improved shows on a fresh batch alone."
)

_KIND = Literal["rating", "pairwise", "ranking"]
_BY_PLACES = ("ranking by pairs", "composite")
_ORDERED = ("gwet_ac2", "cohen_kappa_quadratic")
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Discussed:
    """The agreement of the members on one criterion before and after the discussion."""

    criterion: str
    measure: str
    before: dict[str, Any]
    after: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {"criterion": self.criterion, "measure": self.measure, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The certificates of a round, a document a member, and what came of the second votes, `revotes` in number."""

    documents: tuple[tuple[str, dict[str, Any]], ...]
    discussed: tuple[Discussed, ...] = field(default=())
    revotes: int = 0

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        after = {"revotes": self.revotes, "means": DISCUSSED, "criteria": [one.to_json() for one in self.discussed]}
        return {
            "certificates": [document for _, document in self.documents],
            "consensus_after_discussion": after if self.revotes else None,
        }


def outcome_of(driver: Driver, found: RoundRecord) -> Outcome:
    """What a revealed round shows of its members, by their blind votes alone. Raises BadInput while it is blind."""
    from reviewer.exchange.round_votes import read_round_votes

    queue = queues.find(driver, found.name)
    assert queue is not None
    votes = read_round_votes(driver, queue)
    issued, severities = now(), _Severities(votes)
    documents = tuple(
        (name, _Document(found, queue, votes, severities, name, issued).told())
        for name in rounds.members(driver, found.child)
    )
    discussed, revotes = _discussion(driver, found, queue)
    return Outcome(documents, discussed, revotes)


def refuse_uncertified(driver: Driver, queue: QueueRecord, rater: str) -> None:
    """Raises BadInput where `queue` asks for a certificate and the person of that name has none that holds for it.

    It holds while it has not expired, covers all criteria that must be answered under the rubric in force, texts apart,
    and no scale of what it covers has changed.
    """
    if not queue.settings.get(SETTING):
        return
    in_force = queues.rubrics_of(driver, queue.id)
    rubric = stored_rubric(in_force[-1][1]) if in_force else None
    wanted = scales_of(rubric, queue.kind) if rubric else {}
    needed = [name for name in wanted if rubric and _is_needed(rubric, queue.kind, name)]
    kept = rounds.certificates_of(driver, rater)
    at = now()
    if any(not why_not(one, wanted, needed, at) for one in kept):
        return
    said = f"the queue '{queue.name}' asks for a certificate, and "
    if kept:
        best = min(kept, key=lambda one: (_faults(one, wanted, needed, at), at > one.issued_at))
        said += f"that of {rater} from '{best.document['round']}' {why_not(best, wanted, needed, at)}."
    else:
        said += f"{rater} has none."
    raise BadInput(
        said, mend=f"Take part in a round: `reviewer round start {queue.name} --raters {rater},…` starts one."
    )


def why_not(kept: KeptCertificate, wanted: dict[str, str], needed: Collection[str], at: str) -> str:
    """Why a certificate does not hold at that moment for criteria with these scales, of which it must cover those that
    are `needed`; empty where it does."""
    if not kept.passed:
        return "was not passed"
    if kept.expires_at <= at:
        return f"expired at {kept.expires_at}"
    scales = kept.document["scales"]
    missing = [name for name in needed if name not in scales]
    changed = [name for name in wanted if name in scales and scales[name] != wanted[name]]
    if changed:
        return f"is void: the scale of {_listed(changed)} has changed"
    return f"does not cover {_listed(missing)}" if missing else ""


def scales_of(rubric: Rubric, kind: str) -> dict[str, str]:
    """The scale of each criterion that a queue of that kind asks, by what its answers compare; texts have none."""
    asked = [criterion.id for criterion in rubric.criteria if criterion.type != "text"]
    overall = {"pairwise": ["preference"], "ranking": ["ranking"]}.get(kind, [])
    found = {name: scale_of_answer(rubric, cast("_KIND", kind), name) for name in (*overall, *asked)}
    return {name: scale for name, scale in found.items() if scale is not None}


def _is_needed(rubric: Rubric, kind: str, name: str) -> bool:
    """Whether a certificate without this criterion would say too little."""
    if kind != "rating":
        return name in ("preference", "ranking")
    criterion = rubric.criterion(name)
    return criterion.required if criterion is not None else name not in _BY_PLACES


def _faults(kept: KeptCertificate, wanted: dict[str, str], needed: Collection[str], at: str) -> int:
    return (not kept.passed) * 4 + (kept.expires_at <= at) * 2 + bool(why_not(kept, wanted, needed, at))


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:_NAMED])}{' and more' if len(names) > _NAMED else ''}"


class _Severities:
    """How much higher or lower each rater's values are than the panel's; of booleans, how much oftener yes."""

    def __init__(self, votes: RoundVotes) -> None:
        self._votes = votes
        self._found: dict[str, dict[str, Figure]] = {}

    def of(self, criterion: str, rater: str) -> Figure:
        """The severity of a rater who answered the criterion."""
        if criterion not in self._found:
            self._found[criterion] = self._measure(self._votes.panels[criterion])
        return self._found[criterion][rater]

    def _measure(self, panel: Panel) -> dict[str, Figure]:
        from reviewer.measure.figure import undefined
        from reviewer.measure.severity import severity, severity_of

        if panel.scale.ordered:
            found = severity_of(panel)
        elif panel.scale.points == ("false", "true"):
            value = panel.point.astype(float)
            found = severity(panel.item, panel.rater, value, items=panel.items, raters=panel.raters)
        else:
            often = panel.rater.tolist()
            return {name: undefined("names have no level", n=often.count(at)) for at, name in enumerate(panel.raters)}
        return {one.rater: one.severity for one in found.raters}


class _Document:
    """The certificate of one member, as it is printed and kept."""

    def __init__(
        self,
        found: RoundRecord,
        queue: QueueRecord,
        votes: RoundVotes,
        severities: _Severities,
        rater: str,
        issued: str,
    ) -> None:
        self._found, self._queue, self._votes, self._severities = found, queue, votes, severities
        self._rater, self._issued = rater, issued
        self._threshold = float(found.settings.get("threshold", THRESHOLD))

    def told(self) -> dict[str, Any]:
        """The document."""
        rubric, settings = self._votes.rubric, self._found.settings
        days = min(int(settings.get("valid_days", VALID_DAYS)), LONGEST_VALID_DAYS)
        expires = datetime.fromisoformat(self._issued) + timedelta(days=days)
        expires_at = expires.isoformat(timespec="microseconds").replace("+00:00", "Z")
        criteria = {name: self._criterion(name) for name in self._names()}
        why = [f"{name}: {told['why_not']}" for name, told in criteria.items() if told["why_not"]]
        if not any(told["decides"] for told in criteria.values()):
            why.append("nothing was measured that could decide")
        return {
            "certificate": new_id(),
            "round": self._found.name,
            "queue": self._found.parent,
            "rater": self._rater,
            "passed": not why,
            "why_not": why,
            "issued_at": self._issued,
            "expires_at": expires_at,
            "threshold": self._threshold,
            "rests_on": "votes given before others' were shown; the lower limit of the 95 % interval decides",
            "items": self._found.size,
            "votes": self._votes.labels[self._rater],
            "left_out": dict(self._votes.left_out[self._rater]),
            "panel": sorted(name for name in self._votes.labels if name != self._rater),
            "rubric": {"name": rubric.name, "content_hash": rubric.content_hash},
            "scales": {name: told["scale_hash"] for name, told in criteria.items() if told["decides"]},
            "criteria": criteria,
            "void_when": [
                f"it expires, at {expires_at}",
                "the scale of one of its criteria changes: type, range, options, labels of levels, direction, points, "
                "or what is judged",
                "the queue that asks for it requires a criterion which is not among these, texts apart",
            ],
            "stands_when": "examples, help, weights or rationale rules of the rubric change",
        }

    def _names(self) -> list[str]:
        """What was asked, in the rubric's order, then what else was measured."""
        asked = [] if self._votes.own else list(scales_of(self._votes.rubric, self._queue.kind))
        return list(dict.fromkeys((*asked, *self._votes.panels)))

    def _criterion(self, name: str) -> dict[str, Any]:
        from reviewer.measure.figure import undefined

        panel = self._votes.panels.get(name)
        scale = scales_of(self._votes.rubric, self._queue.kind).get(name)
        if panel is None or self._rater not in panel.raters:
            why = "nobody answered it" if panel is None else "they answered it nowhere blind"
            nothing = undefined(why).to_json()
            needed = _is_needed(self._votes.rubric, self._queue.kind, name)
            told: dict[str, Any] = {"level": None, "measure": None, "panel": nothing, "gold": nothing}
            told |= {"severity": nothing, "scale_hash": scale, "decides": needed}
            return told | {"why_not": why if needed else ""}
        measure = self._measure(panel)
        with_panel, with_gold = self._standings(name, panel, measure)
        needed = _is_needed(self._votes.rubric, self._queue.kind, name)
        decides = needed or (name not in _BY_PLACES and with_panel.figure.low is not None)
        why = self._why_not(with_panel, with_gold) if decides else ""
        return {
            "scale_hash": scale,
            "level": panel.scale.level,
            "measure": measure,
            "panel": with_panel.to_json(),
            "gold": with_gold.to_json() if with_gold else undefined("no item of the round has a gold value").to_json(),
            "severity": self._severities.of(name, self._rater).to_json(),
            "decides": decides,
            "why_not": why,
        }

    def _standings(self, name: str, panel: Panel, measure: str) -> tuple[Standing, Standing | None]:
        from reviewer.measure.standing import standing, standing_with_gold

        gold = self._votes.gold.get(name)
        with_gold = standing_with_gold(panel, gold, self._rater, measure=measure) if gold else None
        return standing(panel, self._rater, measure=measure), with_gold

    def _measure(self, panel: Panel) -> str:
        """The measure that was asked for, where the scale has what it needs."""
        from reviewer.measure.standing import measure_for

        asked = self._found.settings.get("measure")
        if asked is None or (asked in _ORDERED and not panel.scale.ordered):
            return measure_for(panel.scale.level)
        return str(asked)

    def _why_not(self, with_panel: Standing, with_gold: Standing | None) -> str:
        """What the certificate fails by: the panel always, gold where it has an interval."""
        said = []
        for told, by in ((with_panel, "the panel"), (with_gold, "gold")):
            if told is None:
                continue
            reached = told.reaches(self._threshold)
            if reached is None and told is with_panel:
                said.append(f"agreement with {by} has no lower limit ({told.figure.why or 'undefined'})")
            elif reached is False:
                low = told.figure.low or 0.0
                said.append(f"agreement with {by} is {low:.2f} at least, below {self._threshold:g}")
        return "; ".join(said)


def _discussion(driver: Driver, found: RoundRecord, queue: QueueRecord) -> tuple[tuple[Discussed, ...], int]:
    """Agreement with the second votes in place of the first, beside that of the first; nothing without second votes."""
    from reviewer.exchange.queue_ratings import Wanted, read_queue_ratings
    from reviewer.measure.agreement.agree import measure_agreement
    from reviewer.measure.standing import measure_for

    try:
        before = read_queue_ratings(driver, queue)
        after = read_queue_ratings(driver, queue, Wanted(phase="revote"))
    except BadInput:  # nobody voted again, or one rater alone has rated
        return (), 0
    then, later = (measure_agreement(one.ratings).criteria for one in (before, after))
    told = []
    for name in then.keys() & later.keys():
        measure = found.settings.get("measure") or measure_for(then[name].scale.level)
        if measure in then[name].measures and measure in later[name].measures:
            figures = (report.measures[measure].to_json() for report in (then[name], later[name]))
            told.append(Discussed(name, measure, *figures))
    order = list(then)
    return tuple(sorted(told, key=lambda one: order.index(one.criterion))), after.revotes
