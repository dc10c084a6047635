"""An item, its questions and the rater's standing, as plain mode says them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewer.plain.answers import name_of, scale_line, value_line
from reviewer.plain.comparing import output_title
from reviewer.plain.differing import Change
from reviewer.plain.voice import Voice
from reviewer.rubric import Criterion, Example, Level, rationale_needed
from reviewer.session.listing import Row
from reviewer.session.sitting import Sitting
from reviewer.session.view import ContextDocument, TaskView, Turn
from reviewer.session.work import LABEL, Work
from reviewer.text.sanitise import one_line

PARTS = ("prompt", "context", "output", "reference", "answers", "all")
_NAME = 200
_OPENING = 70


def tell_place(voice: Voice, sitting: Sitting) -> None:
    """Where the rater stands, and what is already known of the open item."""
    standing, view = sitting.standing, sitting.view
    assert view is not None
    voice.say("", f"Item {standing.number} of {standing.size}, {standing.done} done, {standing.left} left.")
    if view.name:
        voice.say(f"Name: {one_line(view.name, _NAME)}")
    for name, value in view.shown:
        voice.say(f"{one_line(name, _NAME)}: {one_line(value, _NAME)}")
    if sitting.work.base is not None:
        voice.say(f"You have {state_word(sitting.state)} this item: that stands until you submit again.")
    elif sitting.work.content() and sitting.state == "sent_back":
        voice.say("What you said of it is here, to begin from.")
    elif sitting.work.content():
        voice.say("What you had begun here is kept.")
    if sitting.work.flags:
        voice.say("Flagged.")
    if sitting.notice:
        voice.say(sitting.notice)
    if sitting.rubric_outdated:
        voice.say("A newer rubric is in force: :rubric moves this label under it.")


def tell_texts(voice: Voice, view: TaskView, part: str = "all", number: int | None = None) -> None:
    """The item's texts, or one part of them; `number` picks a context document or an output, from 1."""
    if part in ("prompt", "all"):
        _tell_turns(voice, "Prompt", view.prompt)
    if part == "context" and not view.context:
        voice.say("There is no context.")
    if part in ("context", "all"):
        _tell_documents(voice, view.context, number)
    if part in ("output", "all"):
        _tell_outputs(voice, view, number)
    if part == "reference" or (part == "all" and view.reference is not None):
        if view.reference is None:
            voice.say("No reference is shown here.")
        else:
            voice.say("Reference:")
            voice.quote(view.reference)


def tell_answers(voice: Voice, view: TaskView, work: Work) -> None:
    """Everything that the label in hand says."""
    for key, criterion in view.asked():
        said = value_line(criterion, work.values[key]) if key in work.values else "no answer yet"
        voice.say(f"{name_of(criterion, key)}: {said}.")
        tell_rationale(voice, work, key)
    if work.rationale_text(LABEL):
        voice.say("Rationale of the label:")
        voice.quote(work.rationale_text(LABEL))
    for place in range(1, len(view.outputs) + 1):
        if corrected := work.correction.get(f"@output:{place}"):
            voice.say(f"{correction_title(view, place)}:")
            voice.quote(corrected)
    if work.notes:
        voice.say("Note to the lead:")
        voice.quote(work.notes)
    if work.flags:
        voice.say("Flagged.")


def correction_title(view: TaskView, place: int) -> str:
    """What the correction of an output is called."""
    return f"Corrected {output_title(view, place).lower()}"


def tell_rationale(voice: Voice, work: Work, key: str) -> None:
    """The reasons and the rationale given under `key`, if any."""
    if reasons := work.reasons(key):
        voice.say(f"Reasons: {', '.join(reasons)}.")
    if text := work.rationale_text(key):
        voice.say("Rationale:")
        voice.quote(text)


def tell_question(voice: Voice, view: TaskView, work: Work, at: int) -> None:
    """The question at that place: what is asked, its scale, and the answer that it has."""
    asked = view.asked()
    key, criterion = asked[at]
    required = "" if criterion.required else " Not required."
    voice.say("", f"Question {at + 1} of {len(asked)}: {name_of(criterion, key)}.{required}")
    if criterion.help:
        voice.quote(criterion.help)
    voice.say(f"{scale_line(criterion)}.")
    if key in work.values:
        voice.say(f"Now: {value_line(criterion, work.values[key])}.")
        tell_rationale(voice, work, key)


def tell_why(voice: Voice, criterion: Criterion, work: Work, key: str) -> None:
    """The question for a rationale, after an answer that needs one."""
    needed = rationale_needed(criterion, work.values.get(key))
    voice.say("Why? This answer needs a rationale: a line of text, or :rationale for several." if needed else "Why?")
    if criterion.reasons:
        tell_reasons(voice, criterion, work, key)


def tell_reasons(voice: Voice, criterion: Criterion, work: Work, key: str) -> None:
    """The quick reasons by number, with those that are given."""
    if not criterion.reasons:
        voice.say("This question has no quick reasons.")
        return
    given = work.reasons(key)
    voice.say("Reasons, by number:")
    for place, reason in enumerate(criterion.reasons, 1):
        voice.say(f"{place} {reason}{' (given)' if reason in given else ''}")


def tell_levels(voice: Voice, criterion: Criterion, only: str = "") -> None:
    """What the answers mean, each with its annotated examples; with `only`, that answer alone."""
    described = [
        (value_line(criterion, [value] if criterion.type == "multi" and isinstance(value, str) else value), level)
        for value, level in criterion.described()
        if not only or _means(criterion, value, only)
    ]
    if not described:
        voice.say("The rubric does not describe that." if only else "The rubric describes no levels here.")
    for word, level in described:
        _tell_level(voice, word, level)


def tell_changes(voice: Voice, view: TaskView, pair: tuple[int, int], found: Sequence[Change], start: int) -> None:
    """Differences between two outputs, of which the first is the difference `start`."""
    names = [output_title(view, number) for number in pair]
    for place, change in enumerate(found, start):
        for name, text in zip(names, change, strict=True):
            voice.say(f"Difference {place}, {name.lower()}{':' if text else ' has nothing here.'}")
            if text:
                voice.quote(text)


def tell_progress(voice: Voice, sitting: Sitting) -> None:
    """Counts, pace and goal."""
    standing = sitting.standing
    counts = standing.counters
    voice.say(
        f"{standing.done} of {standing.size} done, {standing.left} left.",
        f"{counts.submitted} submitted, {counts.skipped} skipped, {counts.abstained} abstained,"
        f" {counts.flagged} flagged.",
        f"{standing.this_sitting} in this sitting{f', of a goal of {standing.goal}' if standing.goal else ''}.",
    )
    if standing.pace is not None:
        voice.say(f"Seconds an item: {standing.pace:.0f}.")


def tell_rows(voice: Voice, rows: Sequence[Row]) -> None:
    """Rows of the item list."""
    for row in rows:
        marks = ", ".join([state_word(row.state), *(["flagged"] if row.flagged else [])])
        name = f" {one_line(row.name, _OPENING)}:" if row.name else ""
        voice.say(f"{row.seq + 1}, {marks}.{name} {one_line(row.opening, _OPENING)}")


def places_of(view: TaskView, words: str) -> Iterator[tuple[str, str]]:
    """Where the words stand in the open item, in any case: the part, and the line."""
    wanted = words.casefold()
    for heading, text in _all_texts(view):
        for number, line in enumerate(text.split("\n"), 1):
            if wanted in line.casefold():
                yield f"{heading}, line {number}:", line


def state_word(state: str) -> str:
    """A state as it is said."""
    return state.replace("_", " ")


def _all_texts(view: TaskView) -> Iterator[tuple[str, str]]:
    yield from zip(_turn_headings("Prompt", view.prompt), (turn.text for turn in view.prompt), strict=True)
    for place, document in enumerate(view.context, 1):
        yield _document_heading(document, place, len(view.context)), document.text
    for place, output in enumerate(view.outputs, 1):
        headings = _turn_headings(_output_heading(view, place), output.turns)
        yield from zip(headings, (turn.text for turn in output.turns), strict=True)
    if view.reference is not None:
        yield "Reference", view.reference


def _tell_turns(voice: Voice, what: str, turns: Sequence[Turn]) -> None:
    for heading, turn in zip(_turn_headings(what, turns), turns, strict=True):
        voice.say(f"{heading}:")
        voice.quote(turn.text)


def _turn_headings(what: str, turns: Sequence[Turn]) -> list[str]:
    headings, answers = [], 0
    for step, turn in enumerate(turns, 1):
        is_answer = turn.role == "assistant"
        answers += is_answer
        parts = [what]
        if len(turns) > 1:
            parts.append(f"step {step} of {len(turns)}")
            if is_answer and what != "Prompt":
                parts.append(f"turn {answers}")
        if len(turns) > 1 or turn.role not in ("user", "assistant"):
            parts.append(one_line(turn.role, _NAME))
        parts += [one_line(word, _NAME) for word in (turn.kind, turn.name) if word]
        headings.append(", ".join(parts))
    return headings


def _tell_documents(voice: Voice, documents: Sequence[ContextDocument], number: int | None) -> None:
    for place, document in enumerate(documents, 1):
        if number in (None, place):
            voice.say(f"{_document_heading(document, place, len(documents))}:")
            voice.quote(document.text)


def _document_heading(document: ContextDocument, place: int, of: int) -> str:
    heading = "Context" if of == 1 else f"Context {place} of {of}"
    if document.title:
        heading = f"{heading}, {one_line(document.title, _NAME)}"
    return f"{heading} (source: {one_line(document.source, _NAME)})" if document.source else heading


def _tell_outputs(voice: Voice, view: TaskView, number: int | None) -> None:
    for place, output in enumerate(view.outputs, 1):
        if number in (None, place):
            _tell_turns(voice, _output_heading(view, place), output.turns)


def _output_heading(view: TaskView, place: int) -> str:
    heading, name = output_title(view, place), view.outputs[place - 1].name
    return f"{heading} of {one_line(name, _NAME)}" if name else heading


def _tell_level(voice: Voice, word: str, level: Level) -> None:
    voice.say(word if level.label in word else f"{word}: {level.label}")
    for place, example in enumerate(level.examples, 1):
        _tell_example(voice, place, example)


def _tell_example(voice: Voice, place: int, example: Example) -> None:
    voice.say(f"Example {place}.")
    for heading, text in (("Prompt:", example.prompt), ("Output:", example.output), ("Why:", example.why)):
        if text:
            voice.say(heading)
            voice.quote(text)


def _means(criterion: Criterion, value: int | bool | str, said: str) -> bool:
    from reviewer.errors import BadInput
    from reviewer.plain.answers import read_answer

    try:
        meant = read_answer(criterion, said)
    except BadInput:
        return False
    return meant in (value, [value])
