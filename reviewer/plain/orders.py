"""What the commands of plain mode do."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from reviewer.errors import BadInput
from reviewer.plain import telling
from reviewer.plain.answers import name_of, numbers_in, value_line
from reviewer.plain.commands import COMMANDS
from reviewer.plain.comparing import SIDES, which_output
from reviewer.plain.differing import changes
from reviewer.rubric.questions import RankingQuestion
from reviewer.session.comparing import take_back
from reviewer.session.listing import FILTERS, places, rows, search_places
from reviewer.session.view import TaskView
from reviewer.session.work import LABEL

if TYPE_CHECKING:
    from reviewer.plain.dialogue import Dialogue


_MOST_ROWS = 20


_HOW_TO_COMPARE = {
    "pairwise": "Answer by number, or in words: left, much left, tie, right, both bad.",
    "ranking": "Rank the best first: 2>1=3, or 2 1 3, or one a line, where =3 ties 3 with the one before.",
}


def _help(talk: Dialogue, _rest: str) -> None:
    how = _HOW_TO_COMPARE.get(talk.sitting.queue.kind, "- means not applicable.")
    talk.voice.say(
        f"Type an answer and press enter. An empty line keeps what stands and goes on. {how}",
        "A command begins with a colon; its first letters are enough. A line of text that begins with a colon",
        "or with figures is written with a space before it.",
    )
    for command in COMMANDS.values():
        talk.voice.say(f":{command.name}{' ' if command.usage else ''}{command.usage}: {command.help}")


def _submit(talk: Dialogue, _rest: str) -> None:
    _view(talk)
    talk.conclude(talk.sitting.submit())


def _skip(talk: Dialogue, rest: str) -> None:
    _view(talk)
    reason = _wanted(rest, "A skip needs a reason", ":skip REASON")
    talk.conclude(talk.sitting.skip(reason))


def _abstain(talk: Dialogue, rest: str) -> None:
    _view(talk)
    reason = _wanted(rest, "An abstention needs a reason", ":abstain REASON")
    talk.conclude(talk.sitting.abstain(reason))


def _flag(talk: Dialogue, _rest: str) -> None:
    _view(talk)
    talk.voice.say("Flagged." if talk.sitting.toggle_flag() else "Not flagged any more.")


def _note(talk: Dialogue, rest: str) -> None:
    def put(text: str) -> None:
        talk.sitting.work.notes = text

    _write(talk, "Note to the lead", rest, put)


def _rationale(talk: Dialogue, rest: str) -> None:
    at, text = _addressed(talk, rest)
    if at is None:
        _ = talk.question
        at = talk.at
    key, criterion = talk.asked[at]
    _write(
        talk,
        f"Rationale of {name_of(criterion, key)}",
        text,
        lambda written: talk.sitting.work.write_rationale(key, written),
    )
    if talk.why and at == talk.at and talk.sitting.work.rationale_text(key):
        talk.go_on()


def _overall(talk: Dialogue, rest: str) -> None:
    work = talk.sitting.work
    _write(talk, "Rationale of the label", rest, lambda text: work.write_rationale(LABEL, text))


def _correct(talk: Dialogue, rest: str) -> None:
    view = _view(talk)
    place, text = 1, rest
    if view.kind != "rating":
        word, _, text = rest.partition(" ")
        place, text = which_output(view, word), text.strip()

    def put(written: str) -> None:
        key, correction = f"@output:{place}", talk.sitting.work.correction
        if written == view.outputs[place - 1].text:
            correction.pop(key, None)
        else:
            correction[key] = written

    _write(talk, telling.correction_title(view, place), text, put)


def _diff(talk: Dialogue, rest: str) -> None:
    view, words = _view(talk), rest.split()
    if view.kind == "rating":
        raise BadInput("there is one output here, and nothing to compare it with.")
    pair = (1, 2)
    if view.kind == "ranking":
        pair = (which_output(view, words[0]), which_output(view, words[1])) if len(words) > 1 else (0, 0)
        words = words[2:]
    if pair[0] == pair[1]:
        raise BadInput("say which two outputs:", mend=":diff 1 3.")
    start = max(1, _number(words[0], ":diff FROM")) if words else 1
    first, second = (view.outputs[number - 1].text for number in pair)
    found = changes(first, second)
    if not found:
        talk.voice.say("Word for word, they are the same.")
        return
    talk.voice.say(f"They differ in {len(found)} place{'s' if len(found) > 1 else ''}.")
    telling.tell_changes(talk.voice, view, pair, found[start - 1 :][:_MOST_ROWS], start)
    if start + _MOST_ROWS <= len(found):
        numbers = f" {pair[0]} {pair[1]}" if view.kind == "ranking" else ""
        talk.voice.say(f":diff{numbers} {start + _MOST_ROWS} goes on.")


def _drop(talk: Dialogue, _rest: str) -> None:
    _view(talk)
    key, question = talk.question
    if not isinstance(question, RankingQuestion):
        raise BadInput("this question asks for no ranking.", mend=":clear takes an answer back.")
    if not take_back(talk.sitting.work, key):
        raise BadInput("nothing is ranked yet.")
    talk.changed()
    talk.why = False
    talk.voice.say(f"{value_line(question, talk.sitting.work.values.get(key, []))}.")


def _text(talk: Dialogue, rest: str) -> None:
    _view(talk)
    key, criterion = talk.question
    if criterion.type != "text":
        raise BadInput("this question does not ask for a text.", mend=":rationale writes why.")

    def put(text: str) -> None:
        talk.sitting.work.values[key] = text

    if rest:
        put(rest)
        talk.changed()
    elif not talk.several_lines(put):
        talk.voice.say("Nothing was written.")
        return
    talk.settle_answer()


def _reasons(talk: Dialogue, rest: str) -> None:
    _view(talk)
    key, criterion = talk.question
    if not rest:
        telling.tell_reasons(talk.voice, criterion, talk.sitting.work, key)
        return
    numbers = numbers_in(rest, len(criterion.reasons))
    if numbers is None:
        raise BadInput("reasons are given by number.", mend=":reasons says them.")
    talk.give_reasons(key, criterion, numbers)
    if talk.why and talk.sitting.work.reasons(key):
        talk.go_on()


def _levels(talk: Dialogue, rest: str) -> None:
    view = _view(talk)
    key, asked = talk.question
    # A comparison asks for no level, but what a criterion's levels mean helps to compare by it.
    criterion = asked if view.kind == "rating" else view.rubric.criterion(key) or asked
    telling.tell_levels(talk.voice, criterion, rest)


def _clear(talk: Dialogue, _rest: str) -> None:
    _view(talk)
    key, criterion = talk.question
    talk.sitting.work.values.pop(key, None)
    talk.sitting.work.rationale.pop(key, None)
    talk.changed()
    talk.why = False
    talk.voice.say(f"{name_of(criterion, key)} has no answer now.")


def _back(talk: Dialogue, rest: str) -> None:
    if talk.sitting.view is None or (talk.at == 0 and not talk.why):
        _previous(talk, rest)
    else:
        talk.turn_to(talk.at if talk.why else talk.at - 1)


def _next(talk: Dialogue, _rest: str) -> None:
    talk.moved(talk.sitting.move(1))


def _previous(talk: Dialogue, _rest: str) -> None:
    talk.moved(talk.sitting.move(-1))


def _go(talk: Dialogue, rest: str) -> None:
    talk.moved(talk.sitting.go_to(_number(rest, ":go N") - 1))


def _undo(talk: Dialogue, _rest: str) -> None:
    talk.moved(talk.sitting.undo())


def _read(talk: Dialogue, rest: str) -> None:
    view = _view(talk)
    part, _, number = rest.lower().partition(" ")
    part = part or "all"
    if view.kind == "pairwise" and part in SIDES:
        part, number = "output", str(which_output(view, part))
    if part not in telling.PARTS:
        raise BadInput("there is no such part.", mend=f"Parts are {', '.join(telling.PARTS)}.")
    if part == "answers":
        telling.tell_answers(talk.voice, view, talk.sitting.work)
        return
    which = _number(number, f":read {part} N") if number else None
    pieces = {"context": len(view.context), "output": len(view.outputs)}.get(part, 0)
    if which is not None and not 1 <= which <= pieces:
        raise BadInput(f"there is no {part} {which}.", mend=f"There are {pieces}." if pieces else f":read {part}")
    telling.tell_texts(talk.voice, view, part, which)


def _find(talk: Dialogue, rest: str) -> None:
    view = _view(talk)
    words = _wanted(rest, "Say what to find", ":find WORDS")
    found = list(islice(telling.places_of(view, words), _MOST_ROWS + 1))
    for heading, line in found[:_MOST_ROWS]:
        talk.voice.say(heading)
        talk.voice.quote(line)
    if not found:
        talk.voice.say("Nothing in this item holds that.")
    elif len(found) > _MOST_ROWS:
        talk.voice.say("There is more.")


def _search(talk: Dialogue, rest: str) -> None:
    words = _wanted(rest, "Say what to find", ":search WORDS")
    found: list[int] = []
    for seqs in search_places(talk.sitting, words):
        found += seqs
        if len(found) > _MOST_ROWS:
            break
    telling.tell_rows(talk.voice, rows(talk.sitting, sorted(found[:_MOST_ROWS])))
    if not found:
        talk.voice.say("No item of the queue holds that.")
    elif len(found) > _MOST_ROWS:
        talk.voice.say("There are more: more words find fewer.")


def _list(talk: Dialogue, rest: str) -> None:
    state, start = "all", 1
    for word in rest.lower().split():
        if word in FILTERS:
            state = word
        elif word.isascii() and word.isdigit():
            start = _number(word, ":list [STATE] [N]")
        else:
            raise BadInput("there is no such state.", mend=f"States are {', '.join(FILTERS)}.")
    found = places(talk.sitting, state, max(0, start - 1), _MOST_ROWS + 1)
    telling.tell_rows(talk.voice, rows(talk.sitting, found[:_MOST_ROWS]))
    if not found:
        talk.voice.say("There are none.")
    elif len(found) > _MOST_ROWS:
        talk.voice.say(f":list {state} {found[_MOST_ROWS] + 1} goes on.")


def _progress(talk: Dialogue, _rest: str) -> None:
    telling.tell_progress(talk.voice, talk.sitting)


def _instructions(talk: Dialogue, _rest: str) -> None:
    text = _view(talk).rubric.instructions
    if text:
        talk.voice.quote(text)
    else:
        talk.voice.say("The queue has no instructions.")


def _rubric(talk: Dialogue, _rest: str) -> None:
    _view(talk)
    if not talk.sitting.rubric_outdated:
        talk.voice.say("This label is under the rubric that is in force.")
        return
    dropped = talk.sitting.move_to_current_rubric()
    talk.voice.say("The label is under the new rubric now.")
    if dropped:
        talk.voice.say(f"These answers could not come along: {', '.join(dropped)}.")
    talk.begin()


def _take(talk: Dialogue, _rest: str) -> None:
    _view(talk)
    talk.sitting.take_back()
    talk.voice.say("The item is here now.")


def _sync(talk: Dialogue, _rest: str) -> None:
    talk.serving.sync()


def _pause(talk: Dialogue, _rest: str) -> None:
    talk.sitting.clock.pause()
    talk.voice.say("Paused; the next line goes on.")


def _quit(talk: Dialogue, _rest: str) -> None:
    talk.over = True


ORDERS: dict[str, Callable[[Dialogue, str], None]] = {
    "help": _help,
    "submit": _submit,
    "skip": _skip,
    "abstain": _abstain,
    "flag": _flag,
    "note": _note,
    "rationale": _rationale,
    "overall": _overall,
    "correct": _correct,
    "diff": _diff,
    "drop": _drop,
    "text": _text,
    "reasons": _reasons,
    "levels": _levels,
    "clear": _clear,
    "back": _back,
    "next": _next,
    "previous": _previous,
    "go": _go,
    "undo": _undo,
    "read": _read,
    "find": _find,
    "search": _search,
    "list": _list,
    "progress": _progress,
    "instructions": _instructions,
    "rubric": _rubric,
    "take": _take,
    "sync": _sync,
    "pause": _pause,
    "quit": _quit,
}
"""Every command's doing, by the names of `COMMANDS`."""


def _view(talk: Dialogue) -> TaskView:
    if talk.sitting.view is None:
        raise BadInput("no item is open.", mend=":undo or :go N opens one.")
    return talk.sitting.view


def _write(talk: Dialogue, what: str, text: str, put: Callable[[str], None]) -> None:
    _view(talk)
    if text:
        put(text)
        talk.changed()
    elif not talk.several_lines(put):
        talk.voice.say("Nothing was written; it stays as it was.")
        return
    talk.voice.say(f"{what}: noted.")


def _addressed(talk: Dialogue, rest: str) -> tuple[int | None, str]:
    """The question that a rationale is for, where one is named, and the text without its name."""
    for at, (key, _) in enumerate(talk.asked):
        if rest == key or rest.startswith(f"{key}: "):
            return at, rest[len(key) :].removeprefix(":").strip()
    return None, rest


def _wanted(rest: str, what: str, usage: str) -> str:
    if not rest:
        raise BadInput(f"{what}: {usage}.")
    return rest


def _number(word: str, usage: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 10):
        raise BadInput("a number is needed:", mend=f"{usage}.")
    return int(word)
