"""Starting a calibration round: its members, its batch, and what a certificate will ask for."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Any

from reviewer.errors import BadInput, WrongUsage
from reviewer.rubric.stored import stored_rubric
from reviewer.session.certificates import LONGEST_VALID_DAYS, THRESHOLD, VALID_DAYS
from reviewer.session.rounds import RoundCard, round_card
from reviewer.session.strata import strata_of
from reviewer.store import drawing, examples, queues, rounds
from reviewer.store.connection import Store
from reviewer.store.drawing import Drawn, NewRound
from reviewer.store.prepared import Driver
from reviewer.store.queues import CALIBRATION, QueueRecord

ITEMS = 30
_LARGEST_SEED = 2**31
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """What a round is to be. Without `seed` one is drawn; without `measure` it goes by each criterion's scale.

    Where `tasks` are given, the batch is these tasks of the queue, and nothing is drawn.
    """

    members: tuple[str, ...]
    items: int = ITEMS
    by: str | None = None
    seed: int | None = None
    seen: bool = False
    measure: str | None = None
    threshold: float = THRESHOLD
    valid_days: int = VALID_DAYS
    name: str | None = None
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """A round that was started, and how its batch was drawn. `exposed` of its items count for no certificate of a
    member who was shown others' judgment on them."""

    card: RoundCard
    drawn: Drawn

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            **self.card.to_json(),
            "strata": [{"name": one.name, "drawn": one.drawn, "of": one.of} for one in self.drawn.strata],
            "left_out": dict(self.drawn.left_out),
            "exposed": self.drawn.exposed,
        }


def start(store: Store, queue: str, plan: Plan, actor_name: str) -> Started:
    """Draws a batch from `queue` and opens it for the members.

    Raises WrongUsage for a plan that makes no sense, BadInput where there is no such queue or task, it is closed or a
    round's batch itself, a queue has the name, or too few items are left.
    """
    _check(plan)
    seed = secrets.randbelow(_LARGEST_SEED) if plan.seed is None else plan.seed
    with store.reading() as connection:
        parent = _parent(connection, queue)
        number = rounds.next_number(connection, parent.id)
        drawn = _chosen(connection, parent, plan) if plan.tasks else _draw(connection, parent, plan, seed)
    name = plan.name or f"{queue}-round-{number}"
    settings = {
        "items": len(drawn.tasks),
        "by": plan.by,
        "seed": seed,
        "seen": plan.seen,
        "measure": plan.measure,
        "threshold": plan.threshold,
        "valid_days": plan.valid_days,
    }
    with store.writing() as connection:
        if rounds.next_number(connection, parent.id) != number:
            raise BadInput(f"another round of '{queue}' was started at this moment.", mend="Start this one again.")
        if queues.find(connection, name) is not None:
            raise BadInput(f"there is a queue '{name}' already.", mend="Name the round otherwise with --name.")
        actor = queues.ensure_rater(connection, actor_name)
        new = NewRound(name, plan.members, settings)
        drawing.open_round(connection, parent, new, drawn.tasks, stream=store.device, actor=actor)
    return Started(round_card(store, name), drawn)


def _check(plan: Plan) -> None:
    twice = [name for name, times in Counter(plan.members).items() if times > 1]
    if twice:
        raise WrongUsage(f"'{twice[0]}' is named twice.", mend="Name each member once.")
    if len(plan.members) < 2:
        raise WrongUsage("a round takes two members or more.", mend="Name them: --raters ana,ben,chi.")
    for name in (*plan.members, *([plan.name] if plan.name is not None else [])):
        if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > _LONGEST:
            shown = name[:40].encode("unicode_escape").decode() if not name.isprintable() else name[:40]
            raise WrongUsage(
                f"'{shown}' cannot be a name.",
                mend=f"Take at most {_LONGEST} printable characters, no blank at the ends.",
            )
    if plan.items < 1:
        raise WrongUsage("a round takes one item or more.", mend=f"Say --items {ITEMS}.")
    if not 0 <= plan.threshold <= 1:
        raise WrongUsage("the threshold lies between 0 and 1.", mend=f"Say --threshold {THRESHOLD}.")
    if not 1 <= plan.valid_days <= LONGEST_VALID_DAYS:
        raise WrongUsage(
            f"a certificate is valid for one day or more, and {LONGEST_VALID_DAYS} at most.",
            mend=f"Say --valid-days {VALID_DAYS}.",
        )
    if plan.measure is not None:
        from reviewer.measure.standing import MEASURES

        if plan.measure not in MEASURES:
            raise WrongUsage(f"there is no measure '{plan.measure[:60]}'.", mend=f"Name one of {', '.join(MEASURES)}.")


def _parent(driver: Driver, name: str) -> QueueRecord:
    found = queues.find(driver, name)
    if found is None:
        from reviewer.keys.names import closest

        known = [one.name for one in queues.all_queues(driver)]
        raise BadInput(
            f"there is no queue '{name}'.", mend=closest(name, known) or "`reviewer queue list` names those there are."
        )
    if found.purpose == CALIBRATION:
        of = rounds.get(driver, name).parent
        raise BadInput(
            f"'{name}' is the batch of a calibration round itself.", mend=f"`reviewer round start {of}` draws afresh."
        )
    if found.state == "closed":
        raise BadInput(f"the queue '{name}' is closed.", mend=f"`reviewer queue reopen {name}` opens it again.")
    if not queues.rubrics_of(driver, found.id):
        raise BadInput(
            f"the queue '{name}' has no rubric.", mend=f"`reviewer queue set {name} rubric=FILE` brings one."
        )
    return found


def _chosen(driver: Driver, parent: QueueRecord, plan: Plan) -> Drawn:
    """The tasks that were named, each of them one of the queue's own that is open."""
    offered = {one.task: one for one in drawing.candidates(driver, parent, plan.members)}
    strange = [task for task in plan.tasks if task not in offered]
    if strange:
        raise BadInput(f"'{parent.name}' has no open task '{strange[0][:40]}' of its own.", mend="Name other tasks.")
    chosen = [offered[task] for task in dict.fromkeys(plan.tasks)]
    return Drawn(tasks=[one.task for one in chosen], exposed=sum(one.exposed for one in chosen))


def _draw(driver: Driver, parent: QueueRecord, plan: Plan, seed: int) -> Drawn:
    document = queues.rubrics_of(driver, parent.id)[-1][1]
    offered = drawing.candidates(driver, parent, plan.members)
    drawn = drawing.draw(
        driver,
        offered,
        strata_of(driver, parent, plan.by) if offered else {},
        items=plan.items,
        seed=seed,
        seen=plan.seen,
        examples=examples.shown_by(stored_rubric(document)),
    )
    if len(drawn.tasks) < plan.items:
        raise _too_few(parent, plan, drawn)
    return drawn


def _too_few(parent: QueueRecord, plan: Plan, drawn: Drawn) -> BadInput:
    left = len(drawn.tasks)
    why = "; ".join(f"{count} {reason}" for reason, count in sorted(drawn.left_out.items()) if count)
    said = f"{left} item{'' if left == 1 else 's'} of '{parent.name}' {'is' if left == 1 else 'are'} left to draw"
    mends = [f"Ask for fewer: --items {left}"] if left else []
    mends.append(f"{'import' if mends else 'Import'} more: `reviewer import FILE -q {parent.name}`")
    if drawn.left_out[drawing.MET]:
        mends.append("take what members know with --seen")
    return BadInput(
        f"{said}, and {plan.items} were asked for{f' ({why})' if why else ''}.", mend=f"{', or '.join(mends)}."
    )
