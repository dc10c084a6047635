"""Strata from which the batch of a calibration round is drawn: what was scored, tagged or disputed before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Literal, cast

import orjson

from reviewer.errors import BadInput, WrongUsage
from reviewer.rubric import Criterion, Rubric, composite, rescaled
from reviewer.rubric.questions import PREFERENCE, comparison_questions, scale_of_answer
from reviewer.rubric.stored import stored_rubric
from reviewer.session.spreads import spread_of
from reviewer.store import drawing, queues
from reviewer.store.golden import canonical_value
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord

WHOLE = "all"
UNLABELLED = "no label"
BINS = ("lowest quarter", "second quarter", "third quarter", "highest quarter")
CONFLICT, AGREED, UNCOMPARED = "in conflict", "agreed", "fewer than two labels"
NOTHING = "(none)"

_HALF = 0.5
_LISTED = 12


def strata_of(driver: Driver, queue: QueueRecord, by: str | None) -> Mapping[str, str]:
    """The stratum of each task of the queue's own: one for all, without `by`.

    `score`: quarters by the mean of what labels say, people's and judges' alike. `conflict`: whether two raters differ
    by half of a scale or more, or at all where there is no order. `tags`: the rarest tag of the item. Anything else
    is the name of a metadata field. Raises WrongUsage for a field that no item has and for rankings by score,
    BadInput where no label says anything.
    """
    if by is None:
        return defaultdict(lambda: WHOLE)
    if by == "score":
        return _by_score(driver, queue)
    if by == "conflict":
        return _by_conflict(driver, queue)
    meta = drawing.metadata(driver, queue)
    return _by_tags(meta) if by == "tags" else _by_field(meta, by.removeprefix("metadata:"))


def _by_tags(meta: Mapping[str, dict[str, Any]]) -> Mapping[str, str]:
    tags = {task: [str(tag) for tag in one.get("tags") or []] for task, one in meta.items()}
    often = Counter(tag for given in tags.values() for tag in given)
    if not often:
        raise WrongUsage("no item has a tag.", mend="Leave --by out, or name a metadata field.")
    return {task: min(given, key=lambda tag: (often[tag], tag)) if given else NOTHING for task, given in tags.items()}


def _by_field(meta: Mapping[str, dict[str, Any]], name: str) -> Mapping[str, str]:
    found = {task: (one.get("metadata") or {}).get(name) for task, one in meta.items()}
    if all(value is None for value in found.values()):
        known = sorted({field for one in meta.values() for field in one.get("metadata") or {}})
        there = f"There are {', '.join(known[:_LISTED])}; or" if known else "Take"
        raise WrongUsage(f"no item has the metadata '{name}'.", mend=f"{there} score, tags, conflict.")
    numbers = {
        task: float(value)
        for task, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    if len(set(numbers.values())) > len(BINS) and len(numbers) == sum(value is not None for value in found.values()):
        binned = _quarters(numbers)
        return {task: binned.get(task, NOTHING) for task in found}
    return {task: NOTHING if value is None else _word(value) for task, value in found.items()}


def _by_score(driver: Driver, queue: QueueRecord) -> Mapping[str, str]:
    if queue.kind == "ranking":
        raise WrongUsage("a ranking has no score to draw by.", mend="Take --by conflict, tags or a metadata field.")
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for task, _, _, rubric, values in _said(driver, queue):
        if (score := _score(queue.kind, rubric, values)) is not None:
            scores[task].append(score)
    _refuse_nothing(queue, scores, "score", "says a score")
    binned = _quarters({task: sum(given) / len(given) for task, given in scores.items()})
    return defaultdict(lambda: UNLABELLED, binned)


def _by_conflict(driver: Driver, queue: QueueRecord) -> Mapping[str, str]:
    said: defaultdict[str, dict[str, tuple[Rubric, dict[str, Any]]]] = defaultdict(dict)
    for task, rater, sample, rubric, values in _said(driver, queue):
        if not sample:
            said[task][rater] = (rubric, values)
    compared = {task: list(given.items()) for task, given in said.items() if len(given) > 1}
    _refuse_nothing(queue, compared, "conflict", "was given beside another")
    kind = cast("_Kind", queue.kind)
    found = {task: CONFLICT if _in_conflict(kind, given) else AGREED for task, given in compared.items()}
    return defaultdict(lambda: UNCOMPARED, found)


_Kind = Literal["rating", "pairwise", "ranking"]
_Given = list[tuple[str, tuple[Rubric, dict[str, Any]]]]


def _in_conflict(kind: _Kind, given: _Given) -> bool:
    """Whether two raters differ much under a criterion that both were asked on one scale."""
    asked = given[-1][1][0]
    for key in dict.fromkeys(key for _, (_, values) in given for key in values):
        question = _question(kind, asked, key)
        scale = scale_of_answer(asked, kind, key)
        answers = [
            (rater, values[key])
            for rater, (rubric, values) in given
            if key in values and scale_of_answer(rubric, kind, key) == scale
        ]
        if question is None or len(answers) < 2:
            continue
        spread = spread_of(key, question, answers)
        ordered = spread.low is not None or kind == "ranking"
        if spread.reach >= _HALF or (spread.reach and not ordered):
            return True
    return False


def _question(kind: _Kind, rubric: Rubric, key: str) -> Criterion | None:
    name, at, _ = key.partition("@")
    own = rubric.criterion(name)
    if kind == "rating" or at:
        return own if own is not None and own.type != "text" else None
    return dict(comparison_questions(rubric, kind, 2)).get(name)


def _score(kind: str, rubric: Rubric, values: Mapping[str, Any]) -> float | None:
    """A label's composite, else the mean of its answers from 0 to 1; of a comparison, how far the two lie apart."""
    if kind == "pairwise":
        said = values.get(PREFERENCE)
        return float(abs(said)) if isinstance(said, int) else None
    if rubric.composite is not None:
        return composite(rubric, values)
    criteria = {criterion.id: criterion for criterion in rubric.criteria}
    answers = (
        rescaled(criteria[name], value) for key, value in values.items() if (name := key.partition("@")[0]) in criteria
    )
    found = [one for one in answers if one is not None]
    return sum(found) / len(found) if found else None


def _said(driver: Driver, queue: QueueRecord) -> Iterator[tuple[str, str, int, Rubric, dict[str, Any]]]:
    """Task, rater, sample, rubric and values of each independent label that counts, read in one order of the outputs.

    Raises BadInput for a calibration round that is blind yet.
    """
    from reviewer.store import judged

    @cache
    def rubric(identifier: str) -> Rubric:
        return stored_rubric(queues.rubric_document(driver, identifier) or {"name": ""})

    order = {task.id: [one.public_id for one in task.outputs] for task in judged.tasks(driver, queue.id)}
    for label in judged.labels(driver, queue.id):
        if label.outcome != "submitted":
            continue
        values = orjson.loads(label.values)
        shown = orjson.loads(label.shown_order)
        if queue.kind != "rating" and sorted(shown) == sorted(order[label.task]):
            places = [order[label.task].index(public_id) for public_id in shown]
            values = {key: canonical_value(value, places) for key, value in values.items() if "@" not in key}
        yield label.task, label.rater, label.sample, rubric(label.rubric), values


def _quarters(scores: Mapping[str, float]) -> dict[str, str]:
    """The quarter of each score by its rank, equal scores in the same one."""
    often = Counter(scores.values())
    below = 0
    bins: dict[float, str] = {}
    for score in sorted(often):
        middle = below + (often[score] - 1) / 2
        bins[score] = BINS[int(middle * len(BINS) / len(scores))]
        below += often[score]
    return {task: bins[score] for task, score in scores.items()}


def _refuse_nothing(queue: QueueRecord, found: Iterable[object], by: str, what: str) -> None:
    if not any(True for _ in found):
        raise BadInput(
            f"no label in '{queue.name}' {what}: there is nothing to draw by {by}.",
            mend="Leave --by out, or draw by tags or a metadata field.",
        )


def _word(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
