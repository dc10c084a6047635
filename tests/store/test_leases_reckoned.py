"""Leases against the plainest reckoning of what may be leased, in whatever order things happen."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reviewer.store import leases
from reviewer.store.leases import LeaseRecord
from reviewer.store.queues import QueueRecord
from tests.store.comparing import pairs_queue, set_up
from tests.store.filling import add_items, ask, fill, fresh, new_item
from tests.store.leasing import HOUR, Team, filling, leasable, moment
from tests.store.test_commit import consistent
from tests.store.test_leases import send_back

NAMES = st.sampled_from(["ana", "bob", "cem", "dan"])
HOURS = st.sampled_from([1, 100])
DEVICES = st.sampled_from(["laptop", "desk"])


class Leasing(RuleBasedStateMachine):
    """Four raters with two devices each."""

    @initialize(overlap=st.integers(0, 3), kind=st.sampled_from(["drawn", "turn", "open"]), items=st.integers(1, 6))
    def begin(self, overlap: int, kind: str, items: int) -> None:
        self.folder = TemporaryDirectory()
        leases.forget()
        store = fresh(Path(self.folder.name) / "home")
        self.kind, self.items = kind, items
        self.team = Team(store, self._queue(store, overlap))
        self.moment = moment()
        self.held: dict[tuple[str, str], LeaseRecord] = {}
        self.over: list[LeaseRecord] = []

    def _queue(self, store: object, overlap: int) -> QueueRecord:
        if self.kind == "open":
            return pairs_queue(store, items=self.items, systems=("alpha", "beta"), overlap=overlap)  # type: ignore[arg-type]
        woven = {"repeats": 0.3} if self.kind == "turn" else {}
        return fill(store, items=self.items, overlap=overlap, **woven)  # type: ignore[arg-type]

    def teardown(self) -> None:
        if hasattr(self, "team"):
            assert consistent(self.team.store) == []
            self.folder.cleanup()

    @rule(
        name=NAMES, device=DEVICES, wanted=st.integers(1, 4), hours=st.sampled_from([1, 100]), take_over=st.booleans()
    )
    def ask(self, name: str, device: str, wanted: int, hours: int, take_over: bool) -> None:
        self._runs_out()
        rater, at = self.team.rater(name), self.moment
        after = max((one.number for one in self._mine(name) if one.device == device), default=0)
        elsewhere = [one for one in self._mine(name) if one.device != device]
        with self.team.store.reading() as connection:
            before = filling(connection, self.team.queue.id, at)
            ((overlap,),) = ask(connection, "SELECT overlap FROM queue").fetchall()
            sent_back = ask(connection, "SELECT task FROM assignment WHERE rater = ? AND state = 'sent_back'", rater)
            sent_back = {task for (task,) in sent_back.fetchall()}
            free, _ = leasable(connection, self.team.queue.id, rater, at)
        granted = self.team.ask(
            name, wanted, device=device, at=at, seconds=hours * HOUR, after=after, take_over=take_over
        )
        given = {one.task: one for one in granted.leases}
        assert len(given) == len(granted.leases) <= wanted
        numbers = [one.number for one in granted.leases]
        assert numbers == sorted(set(numbers))
        assert all(number > after for number in numbers)
        with self.team.store.reading() as connection:
            repeats = {task for (task,) in ask(connection, "SELECT id FROM task WHERE repeat_of IS NOT NULL")}
            left, kept = leasable(connection, self.team.queue.id, rater, at)
        taken = {one.task for one in elsewhere} if take_over else set()
        for task, one in given.items():
            assert one.shown_order
            assert task in free or task in taken or task in repeats
            assert task in taken or task in sent_back or not overlap or len(before.get(task, set()) - {rater}) < overlap
        if len(given) < wanted:
            assert granted.why is not None
            assert left == set(), granted.why
            blocked = bool(kept) or bool(elsewhere and not take_over)
            assert granted.why.code == ("leased" if blocked else "done"), (granted.why, kept, elsewhere)
        for one in elsewhere if take_over else ():
            del self.held[one.rater, one.task]
            with self.team.store.reading() as connection:
                moved = leases.known(connection, one.id)
            assert moved is not None
            assert moved.device == device
            self.held[moved.rater, moved.task] = moved
        for one in granted.leases:
            self.held[one.rater, one.task] = one

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 99), outcome=st.sampled_from(["submitted", "submitted", "skipped", "abstained"]))
    def label(self, which: int, outcome: str) -> None:
        self._runs_out()
        if self.held:
            lease = self._pick(which)
            del self.held[lease.rater, lease.task]
            self.over.append(lease)
            self.team.label(lease, outcome, phase="independent" if lease.state == "open" else "rework")

    @precondition(lambda self: self.over)
    @rule(which=st.integers(0, 99), outcome=st.sampled_from(["submitted", "skipped"]))
    def label_late_or_again(self, which: int, outcome: str) -> None:
        lease = self.over[which % len(self.over)]
        self.held.pop((lease.rater, lease.task), None)
        self.team.label(lease, outcome)

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 99))
    def give_back(self, which: int) -> None:
        lease = self._pick(which)
        name = next(name for name, rater in self.team.raters.items() if rater == lease.rater)
        self.team.give_back(name, lease, device=lease.device)
        del self.held[lease.rater, lease.task]

    @rule(hours=st.sampled_from([0.4, 1.5]))
    def time_passes(self, hours: float) -> None:
        later = datetime.fromisoformat(self.moment) + timedelta(hours=hours)
        self.moment = later.isoformat(timespec="microseconds").replace("+00:00", "Z")

    @rule()
    def another_process_answers(self) -> None:
        leases.forget()

    @rule(overlap=st.integers(0, 3))
    def the_overlap_changes(self, overlap: int) -> None:
        self.team.queue = set_up(self.team.store, self.team.queue, overlap=overlap)

    @precondition(lambda self: self.kind == "drawn" and self.items < 12)
    @rule()
    def more_is_imported(self) -> None:
        add_items(self.team.store, self.team.queue, [new_item(self.items), new_item(self.items + 1)])
        self.items += 2

    @precondition(lambda self: self.over)
    @rule(which=st.integers(0, 99))
    def an_adjudicator_asks_again(self, which: int) -> None:
        send_back(self.team, self.over[which % len(self.over)].task, "Once more, please.")

    @invariant()
    def no_device_holds_what_is_labelled(self) -> None:
        if hasattr(self, "team"):
            with self.team.store.reading() as connection:
                rows = ask(
                    connection,
                    "SELECT count(*) FROM lease JOIN assignment a ON a.task = lease.task AND a.rater = lease.rater"
                    " WHERE a.state IN ('submitted', 'skipped', 'abstained') AND until >= ?",
                    self.moment,
                )
                assert rows.fetchone() == (0,)

    def _mine(self, name: str) -> list[LeaseRecord]:
        return [one for one in self.held.values() if one.rater == self.team.rater(name)]

    def _pick(self, which: int) -> LeaseRecord:
        return sorted(self.held.values(), key=lambda one: one.id)[which % len(self.held)]

    def _runs_out(self) -> None:
        with self.team.store.reading() as connection:
            for key, one in list(self.held.items()):
                known = leases.known(connection, one.id)
                assert known is not None
                if known.until is None or known.until < self.moment:
                    self.over.append(self.held.pop(key))


Leasing.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestLeasing = Leasing.TestCase
