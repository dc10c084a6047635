"""Granting leases: what the rater was given comes first, then what is new to them by the queue's own way.

A task is leased where the primary labels of others and what their devices hold leave room in its overlap.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import orjson

from reviewer.errors import BadInput
from reviewer.store import dealers, holding, labels, openings, queues, rounds
from reviewer.store.lease_rows import Granted, LeaseRecord, WhyNone, record, shown
from reviewer.store.openings import Openings, View
from reviewer.store.order import batches_of, next_place, way_of
from reviewer.store.prepared import SQLITE, Driver, dialect_of
from reviewer.store.queues import CALIBRATION, QueueRecord
from reviewer.store.statements import statements

Certificate = Callable[[Driver, QueueRecord, str], None]
"""Raises BadInput where the rater of that name needs a certificate in the queue and has none that holds."""

_sql = statements("leases")
_dealt = statements("dealing")

_AT_ONCE = 64
_MEASURED_AFTER = 300
_LOOKED_AT = 10_000
_DEALT_IN_VAIN = 40
_RENEWED_AT = 64
"""A lease is renewed where more than this part of its time has gone: a pull of many pages writes each but once."""


class _Place(NamedTuple):
    """A task as it stands for one rater: what others have done or hold of it, and what it is to the rater."""

    task: str
    position: int
    state: str
    gold: int
    primary: int
    held: int
    given: str | None
    seq: int | None
    shown_order: str | None
    lease: str | None
    device: str | None
    until: str | None


class Granting:
    """One call of `grant`."""

    def __init__(self, driver: Driver, queue: QueueRecord, rater: str, device: str, moment: str, seconds: int) -> None:
        self._driver = driver
        self._queue = queue
        self._rater = rater
        self._device = device
        self._moment = moment
        self._until = _later(moment, seconds)
        self._soon = _later(moment, seconds - seconds / _RENEWED_AT)
        self._way = way_of(queue.kind, queue.settings)
        self._of = {"queue": queue.id, "rater": rater}
        self._now = self._of | {"moment": moment}
        self._here = self._now | {"device": device}
        self._overlap = 0
        self._leases: list[LeaseRecord] = []
        self._wanted = 0
        self._number = 0
        self._busy: list[int] = []
        self._holds = False
        self._looked = 0
        self._in_vain = False
        self._openings: Openings | None = None
        self._view: View | None = None

    def grant(
        self,
        wanted: int,
        after: int,
        take_over: bool,
        certificate: Certificate | None,
    ) -> Granted:
        driver = self._driver
        if wanted and self._way in ("open", "turn"):
            holding.queue(driver, self._queue.id)
        elif self._queue.purpose == CALIBRATION:
            holding.queue_as_it_is(driver, self._queue.id)
        holding.rater(driver, self._rater)
        self._overlap, state, size = _sql.queue_now.first(driver, queue=self._queue.id)
        if why := self._refused(state, certificate):
            return self._granted(why)
        _sql.renew.run(
            driver,
            of_queue=self._queue.id,
            of_rater=self._rater,
            of_device=self._device,
            moment=self._moment,
            soon=self._soon,
            to=self._until,
        )
        if not wanted and not take_over:
            return self._granted(None)
        labels.ensure_progress(driver, self._queue.id, self._rater, self._moment)
        last = _sql.last_number.first(driver, **self._here)
        self._number = max(after, last[0] if last else 0)
        self._wanted = wanted
        if take_over:
            self._take_over()
        if self._number > after:
            again = _sql.again.rows(driver, **self._here, after=after, most=wanted)
            self._leases = [record(driver, row) for row in list(again)]
        if self._missing:
            self._offer_own()
        if self._missing and size:
            self._offer_new()
        if self._missing:
            self._look_again()
        return self._granted(self._why(size) if self._missing else None)

    @property
    def _missing(self) -> int:
        return max(0, self._wanted - len(self._leases))

    def _granted(self, why: WhyNone | None) -> Granted:
        first = _sql.first_over.first(self._driver, **self._here)
        return Granted(self._leases, first[0] if first else None, why)

    # -- whether anything may be leased ----------------------------------------------------------------

    def _refused(self, state: str, certificate: Certificate | None) -> WhyNone | None:
        name = self._queue.name
        if state == "locked":
            return WhyNone("locked", f"The calibration round '{name}' is locked: everybody's votes are in.")
        if state != "open":
            said = f"The queue '{name}' is {'closed' if state == 'closed' else state} and gives out no tasks."
            return WhyNone("closed", said)
        called = queues.rater_name(self._driver, self._rater) if self._asks_who else ""
        if self._queue.purpose == CALIBRATION and called not in rounds.members(self._driver, self._queue.id):
            return WhyNone("closed", f"The calibration round '{name}' is for its members alone.")
        if self._way == "planned" and called not in self._queue.settings["raters"]:
            return WhyNone("closed", f"The queue '{name}' is planned for others.")
        if certificate is not None:
            try:
                certificate(self._driver, self._queue, called)
            except BadInput as error:
                return WhyNone("certificate", f"{error.what} {error.mend}".strip())
        return None

    @property
    def _asks_who(self) -> bool:
        return (
            self._queue.purpose == CALIBRATION
            or self._way == "planned"
            or bool(self._queue.settings.get("certificate"))
        )

    # -- what is the rater's already -------------------------------------------------------------------

    def _take_over(self) -> None:
        for task, _ in list(_sql.elsewhere.rows(self._driver, **self._here)):
            self._number += 1
            _sql.take_over.run(
                self._driver,
                of_task=task,
                of_rater=self._rater,
                to_device=self._device,
                to_number=self._number,
                to=self._until,
            )

    def _offer_own(self) -> None:
        if _sql.asked_again.first(self._driver, **self._of)[0]:
            self._offer([at for (at,) in _sql.sent_back.rows(self._driver, **self._now, most=self._missing)])
        if self._missing:
            most = self._missing + _AT_ONCE
            self._offer([at for (at,) in _sql.ran_out.rows(self._driver, **self._now, most=most)])
        if self._missing and self._way != "drawn":
            self._offer_dealt(dealers.KNOWN.dealt_until(self._queue, self._rater))

    def _offer_dealt(self, start: int) -> None:
        """Offers open places that no device holds, from `start` on; what is filled just now waits for `_look_again`."""
        while self._missing and self._looked < _LOOKED_AT:
            found = list(_sql.dealt.rows(self._driver, **self._now, start=start, most=self._missing))
            if not found:
                start = max(start, next_place(self._driver, **self._of))
                break
            self._offer([at for at, _ in found])
            start = found[-1][1] + 1
        dealers.KNOWN.remember(self._queue, self._rater, start)

    # -- what is new to the rater ----------------------------------------------------------------------

    def _offer_new(self) -> None:
        if self._way == "drawn":
            self._offer_drawn()
        elif self._way != "planned":
            self._deal()

    def _offer_drawn(self) -> None:
        batches = batches_of(self._driver, self._queue.id)
        self._openings = openings.of(self._queue, self._overlap, batches)
        self._view = self._openings.view(self._rater)
        most = self._missing
        while self._missing and not self._openings.is_sparse and self._looked < _LOOKED_AT:
            found = self._view.ahead(most)
            self._offer(found)
            if not found or self._must_measure:
                break
            most = min(4 * most, max(_AT_ONCE, self._missing))
        if self._missing:
            self._offer_scattered()

    @property
    def _must_measure(self) -> bool:
        return (
            self._overlap > 0 and self._looked >= _MEASURED_AFTER and not (self._openings and self._openings.is_exact)
        )

    def _offer_scattered(self) -> None:
        """Offers what may be free anywhere. What was shut out by what others gave back since comes last."""
        assert self._openings is not None
        assert self._view is not None
        tried: set[int] = set()
        learnt = False
        most = min(4 * self._missing, _AT_ONCE)
        while self._missing and self._looked < _LOOKED_AT:
            if self._must_measure:
                self._openings.measure(self._driver, self._moment)
            tried.update(lease.position for lease in self._leases)
            found = self._view.scattered(most, tried)
            if found:
                self._offer(found)
                tried.update(found)
                most = _AT_ONCE
                continue
            if learnt or not self._openings.learn(self._driver, self._moment):
                break
            learnt = True
            tried = set(self._busy)

    def _deal(self) -> None:
        dealer = dealers.KNOWN.dealer(self._driver, self._queue, self._rater)
        vain = 0
        seq = dealers.KNOWN.dealt_until(self._queue, self._rater) - 1
        while self._missing and vain < _DEALT_IN_VAIN:
            came = dealer.deal(self._driver, self._moment)
            if came == "nothing":
                break
            if came == "looking":
                vain += 1
                continue
            (seq,) = _dealt.last_place.first(self._driver, **self._of)
            self._lease(_Place._make(_sql.at_place.first(self._driver, **self._now, seq=seq)))
        self._in_vain = vain == _DEALT_IN_VAIN
        dealers.KNOWN.keep(self._queue, self._rater, dealer)
        dealers.KNOWN.remember(self._queue, self._rater, seq + 1)

    # -- offering --------------------------------------------------------------------------------------

    def _offer(self, positions: Sequence[int], *, wait: bool = False) -> None:
        """Leases what is free among these positions, in their order, as far as anything is missing.

        Where others write at the same time, what somebody holds just now is put off; with `wait` it is waited for.
        """
        free = [place for place in self._looks(positions) if self._is_free(place)][: self._missing]
        chosen = [place.position for place in free]
        if dialect_of(self._driver) != SQLITE:
            held = holding.tasks_at(self._driver, self._queue.id, chosen, wait=wait)
            self._holds = self._holds or bool(held)
            self._busy += [at for at in chosen if at not in held]
            # What was free a moment ago may be leased or labelled by now.
            free = [place for place in self._looks([at for at in chosen if at in held]) if self._is_free(place)]
        for place in free:
            self._lease(place)

    def _looks(self, positions: Sequence[int]) -> Iterable[_Place]:
        self._looked += len(positions)
        if not positions:
            return []
        if len(positions) == 1:
            rows = [_sql.at.first(self._driver, **self._now, position=positions[0])]
        else:
            wanted = orjson.dumps([*map(str, positions)]).decode()
            rows = list(_sql.at_positions.rows(self._driver, **self._now, wanted=wanted))
        by_position = {row[1]: _Place._make(row) for row in rows if row is not None}
        return [by_position[at] for at in positions if at in by_position]

    def _is_free(self, place: _Place) -> bool:
        """Whether the task may be leased to the rater now; what is found out about it is remembered."""
        mine = place.given is not None
        if mine and self._view is not None:
            self._view.meet(place.position)
        if place.state != "open":
            self._shut(place)
            return False
        if place.until is not None and place.until >= self._moment:
            return False
        if place.given == "sent_back":
            return True
        if mine and place.given != "open":
            return False
        if not self._overlap or place.gold or place.primary + place.held < self._overlap:
            return True
        if place.lease and place.until and place.primary >= self._overlap:
            _sql.end.run(self._driver, of_task=place.task, of_rater=self._rater)
        self._shut(place)
        return False

    def _shut(self, place: _Place) -> None:
        if self._openings is not None and place.given is None:
            self._openings.shut[place.position] = 1

    def _lease(self, place: _Place) -> None:
        driver, of_queue = self._driver, self._queue.id
        seq = place.seq
        views = shown(driver, place.task, self._rater, place.shown_order or "[]", self._queue.seed)
        if seq is None:
            assert self._view is not None, "places that are not drawn are written before"
            seq = self._view.seq(place.position)
            _dealt.insert_assignment.run(
                driver,
                task=place.task,
                rater=self._rater,
                queue=of_queue,
                seq=seq,
                shown_order=orjson.dumps(views).decode(),
                state="open",
                flagged=0,
                committed_at=None,
            )
        self._number += 1
        lease = place.lease or secrets.token_hex(16)
        if place.lease:
            _sql.give.run(
                driver, lease=lease, to_device=self._device, to_number=self._number, at=self._moment, to=self._until
            )
        else:
            _sql.insert.run(
                driver,
                id=lease,
                task=place.task,
                rater=self._rater,
                queue=of_queue,
                device=self._device,
                number=self._number,
                given_at=self._moment,
                until=self._until,
            )
        if self._view is not None:
            self._view.take(place.position)
        self._leases.append(
            LeaseRecord(
                id=lease,
                task=place.task,
                rater=self._rater,
                queue=of_queue,
                device=self._device,
                number=self._number,
                until=self._until,
                seq=seq,
                position=place.position,
                shown_order=views,
                state=place.given or "open",
            )
        )

    # -- why there is no more --------------------------------------------------------------------------

    def _look_again(self) -> None:
        """Looks again at what could have been overlooked, before anybody is told that nothing is left."""
        self._offer_dealt(0)
        if self._missing and self._busy:
            busy, self._busy = self._busy, []
            # Who holds tasks waits for nobody: two who did so crosswise would wait for each other.
            self._offer(busy[:_AT_ONCE], wait=not self._holds)
            self._busy += busy[_AT_ONCE:]

    def _why(self, size: int) -> WhyNone:
        name = self._queue.name
        if self._busy or self._in_vain or self._looked >= _LOOKED_AT:
            return WhyNone("limit", "Not everything could be looked through at once: ask again.")
        if not size:
            return WhyNone("done", f"The queue '{name}' holds no task yet.")
        if mine := list(_sql.elsewhere.rows(self._driver, **self._here)):
            who = queues.rater_name(self._driver, self._rater)
            return WhyNone(
                "leased",
                f"Another device or pack of {who} holds {len(mine)} of the tasks that are left in '{name}'; "
                "--take-over fetches these, too.",
                mine[0][1],
            )
        may_be_new = int(self._way != "planned")
        of = self._now | {"overlap": self._overlap, "may_be_new": may_be_new}
        if self._overlap and (others := _sql.blocking.first(self._driver, **of)):
            return WhyNone("leased", f"Others hold what is left for you in '{name}'.", others[0])
        return WhyNone("done", f"There are no more for you in '{name}'.")


def forget() -> None:
    """Forgets what this process remembers of all queues, as where a transaction was undone in which it was learnt."""
    dealers.KNOWN.forget()
    openings.forget()


def _later(moment: str, seconds: float) -> str:
    later = datetime.fromisoformat(moment) + timedelta(seconds=seconds)
    return later.isoformat(timespec="microseconds").replace("+00:00", "Z")
