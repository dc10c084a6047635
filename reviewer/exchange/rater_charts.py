"""Charts of raters over time: drift of what they say against the panel, and of their agreement with gold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from reviewer.exchange.queue_levels import Followed, Series
from reviewer.exchange.raters_report import AlarmAt, Watched
from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.deviations import Deviations, from_panel
from reviewer.measure.drift import FEWEST_WATCHED, Drift, Watch, watch, watch_agreement
from reviewer.measure.matching import in_parts

_PARTS = 40
_OFTEN = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class _Course:
    """A rater's deviations in the order of their labels, and the numbers of these labels."""

    found: Deviations
    numbers: Ints


class Charts:
    """The charts of all raters of a queue: each is watched so that all together keep the rate of false alarms."""

    def __init__(self, series: Series, followed: Followed, raters: int, every: int) -> None:
        self._followed, self._every = followed, every
        self._courses: list[_Course] = []
        if followed.name:
            columns = series.of(followed.column)
            self._courses = [_course(*columns, rater) for rater in range(raters)]
        least = Watch().baseline + FEWEST_WATCHED
        self._watched = max(1, sum(len(one.found) >= least for one in self._courses))

    def of(self, rater: int, times: Sequence[str]) -> Watched:
        """The chart of what a rater says against the panel; `times` are those of their labels."""
        if not self._followed.name:
            return Watched(Drift(0, why=self._followed.why))
        course = self._courses[rater]
        if not len(course.found) and course.found.dropped:
            why = "nobody else rated what this rater did"
            return Watched(Drift(0, raters=self._watched, why=why), dropped=course.found.dropped)
        how = Watch(self._every, self._watched, higher="lenient" if self._followed.lenient else "severe")
        drift = watch(course.found.values, how)
        return Watched(
            drift,
            _alarms(drift, course.numbers.tolist(), times),
            in_parts(course.found.values, _PARTS),
            course.found.dropped,
        )

    def of_gold(self, answered: Sequence[tuple[Sequence[int], Sequence[bool], Sequence[str]]]) -> dict[int, Watched]:
        """The chart of each rater's agreement with gold, by the numbers of their labels on it, whether each was right,
        and the times of all their labels.

        A steady rater is one who misses gold as often as all raters do together.
        """
        labels = sum(len(right) for _, right, _ in answered)
        missed = labels - sum(chain.from_iterable(right for _, right, _ in answered))
        watched = max(1, sum(len(right) >= FEWEST_WATCHED for _, right, _ in answered))
        usual = (missed + 0.5) / (labels + 1)
        found = {}
        for rater, (numbers, right, times) in enumerate(answered):
            drift = _of_gold(right, usual, Watch(self._every, watched))
            course = in_parts(np.array(right, dtype=np.float64), _PARTS)
            found[rater] = Watched(drift, _alarms(drift, numbers, times), course)
        return found


def _of_gold(right: Sequence[bool], usual: float, how: Watch) -> Drift:
    if not right:
        return Drift(0, chart="bernoulli", raters=how.raters, why="no label of theirs is on gold")
    if usual > _OFTEN:
        why = f"all raters together miss gold in {usual:.0%} of their labels: what is steady tells nothing"
        return Drift(len(right), chart="bernoulli", raters=how.raters, why=why)
    try:
        return watch_agreement(right, usual, min(2 * usual, (1 + usual) / 2), how)
    except ValueError:
        why = f"no limit gives one false alarm in {how.one_in:,} labels"
        return Drift(len(right), chart="bernoulli", raters=how.raters, why=why)


def _course(task: Ints, rater: Ints, number: Ints, value: Floats, of: int) -> _Course:
    """The deviations of one rater from the others on the tasks that they rated."""
    met = np.zeros(int(task.max(initial=-1)) + 1, dtype=np.bool_)
    met[task[rater == of]] = True
    shared = met[task]
    _, item = np.unique(task[shared], return_inverse=True)
    found = from_panel(item.reshape(-1), rater[shared], value[shared], of)
    return _Course(found, number[shared][found.rows])


def _alarms(drift: Drift, numbers: Sequence[int], times: Sequence[str]) -> tuple[AlarmAt, ...]:
    """The alarms by the labels on which they fall."""
    found = []
    for one in drift.alarms:
        label, since = numbers[one.rating - 1], numbers[one.since - 1]
        found.append(AlarmAt(label, times[label - 1], since, times[since - 1], one.direction))
    return tuple(found)
