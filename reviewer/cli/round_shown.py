"""How a calibration round looks in a terminal: who is how far, what was said, and the certificates."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.shown import flat, grid, many, say, standard_output

if TYPE_CHECKING:
    from rich.console import Console

    from reviewer.rubric import Criterion
    from reviewer.session.certificates import Outcome
    from reviewer.session.panel import PeerLabel, TaskPanel
    from reviewer.session.rounds import RoundCard
    from reviewer.session.starting import Started

_LEAST_ITEMS = 10
_STRATA = 30
_TIME = 16
_HANG = "    "
_WIDE = 110
"""From so many columns on, a certificate has a row for a criterion; else one for each figure."""
_Note = tuple[str | None, str, str, str]


def show_started(started: Started) -> None:
    """Print what was drawn, from which strata, and what comes next."""
    screen, card, drawn = standard_output(), started.card, started.drawn
    say(screen, f"The round '{card.name}' is open: {many(card.items, 'item')} of '{card.parent}'.", bold=True)
    if card.settings["by"]:
        strata = sorted(drawn.strata, key=lambda one: -one.drawn) if len(drawn.strata) > _STRATA else drawn.strata
        rows = [(one.name, f"{one.drawn:,}", f"{one.of:,}") for one in strata[:_STRATA]]
        if len(strata) > _STRATA:
            more = strata[_STRATA:]
            told = f"and {len(more):,} more"
            rows.append((told, f"{sum(one.drawn for one in more):,}", f"{sum(one.of for one in more):,}"))
        grid(screen, (f"drawn by {card.settings['by']}", "drawn", "of"), rows, (1, 2))
    out = [f"{count:,} {why}" for why, count in sorted(drawn.left_out.items()) if count]
    if out:
        say(screen, f"Not drawn: {'; '.join(out)}.")
    say(screen, f"Seed {card.settings['seed']}: the same draw again with --seed.")
    if drawn.exposed:
        say(
            screen,
            f"A member was shown others' judgment on {many(drawn.exposed, 'item')}: their labels there count for no "
            "certificate.",
        )
    if card.items < _LEAST_ITEMS:
        say(screen, f"Fewer than {_LEAST_ITEMS} items give no interval, and so no certificate.")
    for member in card.members:
        say(screen, f"  reviewer rate {card.name} --rater {member.name}")
    say(screen, f"Who works over a server pulls it: reviewer pull REMOTE/{card.name}")


def show_status(cards: Sequence[RoundCard]) -> None:
    """Print who is how far in each round."""
    if not cards:
        _line("There is no calibration round: `reviewer round start QUEUE --raters NAME,NAME` starts one.")
    for place, card in enumerate(cards):
        if place:
            _line("")
        _status(card)


def _status(card: RoundCard) -> None:
    times = {"open": card.started_at, "locked": card.locked_at, "revealed": card.revealed_at}
    since = times.get(card.state, card.finished_at) or card.started_at
    remote = "/" in card.name  # no queue of this store's own has such a name
    of = "on the server" if remote else f"of {card.parent}"
    said = f"{card.name}: round {card.number} {of}, {card.state} since {_at(since)}"
    _line(f"{said}, {many(card.items, 'item')}")
    width = max(len(flat(member.name)) for member in card.members)
    for member in card.members:
        left = f", {member.left:,} left" if member.left else ""
        _line(f"  {flat(member.name):<{width}}  {member.done:,} of {member.size:,} done{left}")
    waiting = ", ".join(f"{member.name} ({member.left:,} left)" for member in card.waiting_for)
    name = card.name
    if remote:
        _line(f"`reviewer rate {name}` shows what everybody said; whoever leads it goes on with it there.")
    elif card.state == "open" and waiting:
        _line(f"Waiting for {waiting}.")
    elif card.is_blind:
        missing = f" --incomplete` shows what was said without {waiting}" if waiting else "` shows what everybody said"
        _line(f"`reviewer round reveal {name}{missing}.")
    elif card.state == "revealed":
        _line(f"`reviewer round finish {name}` ends the discussion and writes the certificates.")


def show_panels(card: RoundCard, panels: Sequence[TaskPanel], notes: Sequence[_Note], *, whole: bool) -> None:
    """Print what was said, task by task; each line is complete in itself."""
    _line(f"{card.name}: {many(card.items, 'item')}, {card.state}; the most disputed first.")
    for task, author, text, at in notes:
        if task is None and whole:
            _line(f"note by {author}, {_at(at)}: {text}")
    for number, panel in enumerate(panels, 1):
        _line("")
        _line(f"{number} of {len(panels)} · {panel.key} · {panel.told}")
        for line in _panel(panel):
            _line(f"  {line}")
        for task, author, text, at in notes:
            if task == panel.task:
                _line(f"  note by {author}, {_at(at)}: {text}")


def _line(text: str) -> None:
    """Prints a line: on a terminal in rows that break between words, elsewhere whole."""
    if not sys.stdout.isatty():
        click.echo(flat(text))
        return
    for row in in_rows(flat(text), get_terminal_size().columns):
        click.echo(row)


def in_rows(text: str, columns: int) -> list[str]:
    """A line in rows of at most `columns` cells; those after the first are set in a little further."""
    from reviewer.text.wrap import wrap

    indent = " " * (len(text) - len(text.lstrip()))
    said, hang = text[len(indent) :], f"{indent}{_HANG}"
    cut = wrap(said, 0, len(said), max(8, columns - len(indent)), max(8, columns - len(hang)))
    rows = [said[start:end].rstrip() for start, end in cut]
    return [f"{hang if number else indent}{row}" for number, row in enumerate(rows)] or [""]


def _panel(panel: TaskPanel) -> Iterator[str]:
    from reviewer.session.spreads import value_told

    later = {spread.key: spread for spread in panel.after}
    for spread in panel.spreads:
        question = panel.questions[spread.key]
        said = "; ".join(f"{rater} {value_told(question, value)}" for rater, value in spread.values)
        after = f"; after the discussion {later[spread.key].told}" if spread.key in later else ""
        yield f"{spread.title}: {said} ({spread.told}{after})"
    for label in panel.labels:
        yield from _label(label, panel.questions)
    for name in panel.missing:
        yield f"{name} said nothing"


def _label(label: PeerLabel, questions: dict[str, Criterion]) -> Iterator[str]:
    from reviewer.session.spreads import titled, value_told

    for said, when in ((label, ""), (label.after, ", after the discussion")):
        if said is None:
            continue
        who = f"{label.rater}{when}"
        if said.outcome != "submitted":
            yield f"{who} {said.outcome.replace('_', ' ')} it"
        if when or not said.counts:
            given = "; ".join(
                f"{titled(key, questions[key])} {value_told(questions[key], value)}"
                for key, value in said.values.items()
                if key in questions
            )
            apart = "" if when else " (does not count as blind)"
            if given:
                yield f"{who}{apart}: {given}"
        for key, why in said.rationale.items():
            text = " · ".join(part for part in (*why.get("reasons", ()), why.get("text", "")) if part)
            on = "" if key == "label" else f" on {titled(key, questions[key]) if key in questions else key}"
            if text:
                yield f"{who}{on}: {text}"
        for key, text in said.correction.items():
            yield f"{who} corrected{'' if len(said.correction) == 1 else f' {key}'}: {text}"
        if said.notes:
            yield f"{who}, note to the lead: {said.notes}"
        if said.flags:
            yield f"{who} flagged it"


def panel_json(panel: TaskPanel, notes: Sequence[_Note]) -> dict[str, Any]:
    """What was said of a task, for a program."""
    return {
        "item": panel.key,
        "task": panel.task,
        "dispute": panel.dispute,
        "told": panel.told,
        "flagged": panel.flagged,
        "spreads": [_spread_json(one) for one in panel.spreads],
        "after": [_spread_json(one) for one in panel.after],
        "labels": [_label_json(label) for label in panel.labels],
        "missing": list(panel.missing),
        "notes": [{"author": author, "text": text, "at": at} for task, author, text, at in notes if task == panel.task],
    }


def _spread_json(spread: Any) -> dict[str, Any]:
    return {
        "criterion": spread.key,
        "title": spread.title,
        "values": dict(spread.values),
        "low": spread.low,
        "high": spread.high,
        "reach": spread.reach,
        "told": spread.told,
    }


def _label_json(label: PeerLabel) -> dict[str, Any]:
    return {
        "rater": label.rater,
        "phase": label.phase,
        "outcome": label.outcome,
        "counts": label.counts,
        "values": label.values,
        "rationale": label.rationale,
        "correction": label.correction,
        "notes": label.notes or None,
        "flags": list(label.flags),
        "exposure": label.exposure,
        "committed_at": label.committed_at,
        "after": _label_json(label.after) if label.after else None,
    }


def show_certificates(documents: Sequence[dict[str, Any]]) -> None:
    """Print each certificate, and beneath them on what all of them rest and when they end."""
    screen = standard_output()
    for document in documents:
        _certificate(screen, document)
        screen.print()
    last = documents[-1]
    rubric = last["rubric"]
    say(screen, f"Threshold {last['threshold']:g}. They rest on {last['rests_on']}.")
    say(
        screen,
        f"Rubric {rubric['name']} {rubric['content_hash'][:12]}, valid until {_at(last['expires_at'])}. Void when",
    )
    for line in last["void_when"][1:]:
        say(screen, f"- {line}")


def _certificate(screen: Console, document: dict[str, Any]) -> None:
    word = "passed" if document["passed"] else "not passed"
    say(screen, f"{document['rater']}: {word} ({document['round']}, for {document['queue']})", bold=True)
    left = [f"{count:,} {why}" for why, count in document["left_out"].items()]
    beside = f" ({'; '.join(left)})" if left else ""
    panel = ", ".join(document["panel"]) or "nobody"
    say(screen, f"  {document['votes']:,} of {document['items']:,} items rated blind{beside}, beside {panel}")
    _figures(screen, document["criteria"])
    for what, why, names in _undefined(document["criteria"]):
        say(screen, f"  {what}: {why} ({', '.join(names)})")
    for why, names in _alike(document["why_not"]):
        say(screen, f"  not passed: {', '.join(names)}{': ' if names else ''}{why}")


def _figures(screen: Console, criteria: dict[str, Any]) -> None:
    kinds = {"panel": "with the panel", "gold": "with gold", "severity": "severity"}
    if criteria and screen.width >= _WIDE:
        wide = [
            (name, told["measure"] or "-", *(_figure(told[kind]) for kind in kinds)) for name, told in criteria.items()
        ]
        grid(screen, ("criterion", "measure", *kinds.values()), wide)
    elif criteria:
        rows = [
            ("" if number else name, "" if number else told["measure"] or "-", word, _figure(told[kind]))
            for name, told in criteria.items()
            for number, (kind, word) in enumerate(kinds.items())
        ]
        grid(screen, ("criterion", "measure", "", "figure"), rows)


def _alike(why_not: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Each reason once, with the criteria that it concerns."""
    found: dict[str, list[str]] = {}
    for line in why_not:
        name, colon, why = line.partition(": ")
        found.setdefault(why if colon else line, []).extend([name] if colon else [])
    return list(found.items())


def _undefined(criteria: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """What has no figure or no interval and why, with the criteria of which that is so."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, told in criteria.items():
        unanswered = told["level"] is None
        for what in ("panel",) if unanswered else ("panel", "gold", "severity"):
            if why := told[what].get("why"):
                found.setdefault((what, why), []).append(name)
    yield from ((what, why, names) for (what, why), names in found.items())


def show_discussed(outcome: Outcome) -> None:
    """Print the agreement before and after the discussion, where somebody voted again."""
    from reviewer.session.certificates import DISCUSSED

    if not outcome.revotes:
        return
    screen = standard_output()
    screen.print()
    say(screen, f"Consensus after discussion: {many(outcome.revotes, 'second vote')}.", bold=True)
    rows = [(one.criterion, one.measure, _figure(one.before), _figure(one.after)) for one in outcome.discussed]
    grid(screen, ("criterion", "measure", "blind", "after"), rows)
    say(screen, DISCUSSED)


def _figure(told: dict[str, Any]) -> str:
    if told["value"] is None:
        return "-"
    limits = "" if told["low"] is None else f" [{told['low']:.2f}, {told['high']:.2f}]"
    return f"{told['value']:.2f}{limits} n {told['n']}"


def _at(moment: str) -> str:
    return moment[:_TIME].replace("T", " ")
