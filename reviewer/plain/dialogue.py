"""The conversation of plain mode: one question, one line, and so on to the end of the queue."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TextIO

from reviewer.errors import BadInput, ReviewerError
from reviewer.plain.answers import name_of, numbers_in, read_answer, value_line
from reviewer.plain.commands import by_colon, by_word, is_doubtful
from reviewer.plain.comparing import give_places, give_preference, left_over, listed, whole
from reviewer.plain.orders import ORDERS
from reviewer.plain.serving import Serving
from reviewer.plain.telling import tell_place, tell_question, tell_texts, tell_why
from reviewer.plain.voice import Lines, Voice
from reviewer.rubric import Criterion, answered, has_rationale, rationale_needed
from reviewer.rubric.questions import PreferenceQuestion, RankingQuestion
from reviewer.session.comparing import place_last
from reviewer.session.sitting import Sitting
from reviewer.session.steps import Step
from reviewer.session.synchroniser import Plug

INTERRUPTED = 130
_END = "."

# A line may wait so long for its draft, so that what is told of it is true.
_DRAFT_SECONDS = 0.5


def run(
    sitting: Sitting,
    stdin: Lines,
    stdout: TextIO,
    kind: type[Dialogue] | None = None,
    *,
    syncing: Plug | None = None,
) -> int:
    """Holds the sitting over lines until the input ends, closes it, and returns the exit code."""
    voice = Voice(stdin, stdout)
    code = 0
    try:
        dialogue = (kind or Dialogue)(sitting, voice, syncing)
        try:
            dialogue.hold()
            dialogue.take_leave()
        except KeyboardInterrupt:
            code = INTERRUPTED
            voice.say("", "Interrupted. What you had begun is kept.")
    finally:
        whole = sitting.close()
    trouble = sitting.saving.trouble or sitting.saving.drafts_trouble
    if not whole or trouble:
        voice.say(f"Not everything could be saved: {trouble or 'the disk did not answer in time.'}")
        code = code or BadInput.exit_code
    stdout.flush()
    return code


class Dialogue:
    """Where the conversation stands: the open item, the question, and whether its rationale is asked for.

    `at` counts the questions of the item; one beyond the last is the question whether to submit. `brief` says that the
    question was put in full already.
    """

    def __init__(self, sitting: Sitting, voice: Voice, syncing: Plug | None = None) -> None:
        self.sitting = sitting
        self.voice = voice
        self.serving = Serving(sitting, voice, syncing or Plug())
        self.asked: list[tuple[str, Criterion]] = []
        self.at = 0
        self.why = False
        self.over = False
        self.brief = False
        self._told = ""
        self._reported = threading.Event()
        sitting.on_report = self._reported.set

    def hold(self) -> None:
        """Puts questions and hears lines until there are no more, or the person leaves."""
        self.voice.say(f"Queue {self.sitting.queue.name}. :help says the commands.")
        self.present()
        self.serving.begin()
        while not self.over:
            self.serving.label_saved()
            self.serving.tell()
            self._look_for_more()
            self._ask()
            line = self.voice.hear()
            if line is None:
                break
            self.sitting.clock.key()
            self.brief = True
            try:
                if self.sitting.refresh():
                    self.voice.say(f"The queue has changed; it holds {self.sitting.size} items now.")
                self._handle(line)
            except ReviewerError as error:
                self.voice.say(str(error))
            self.keep()

    def take_leave(self) -> None:
        """Says where the person leaves."""
        standing = self.sitting.standing
        place = f"at item {standing.number} of {standing.size}" if self.sitting.view else "with nothing left to rate"
        self.voice.say("", f"You leave {place}; {standing.this_sitting} done in this sitting.")

    # -- the item --------------------------------------------------------------------------------------

    @property
    def question(self) -> tuple[str, Criterion]:
        """Key and criterion of the question. Raises BadInput where none is put."""
        if self.at >= len(self.asked):
            raise BadInput("no question is open here.", mend=":back goes to the last one.")
        return self.asked[self.at]

    def present(self) -> None:
        """Says the open item in full and begins its questions, where the draft left them."""
        self.begin()
        if view := self.sitting.view:
            tell_place(self.voice, self.sitting)
            tell_texts(self.voice, view)

    def begin(self) -> None:
        """Begins the questions of the open item."""
        view = self.sitting.view
        self.asked = view.asked() if view else []
        keys = [key for key, _ in self.asked]
        focus = self.sitting.work.focus
        self.turn_to(keys.index(focus) if focus in keys else 0)

    def turn_to(self, at: int, *, why: bool = False) -> None:
        """Turns to the question at that place, or to its rationale."""
        self.at, self.why, self.brief = at, why, False

    def go_on(self) -> None:
        """Turns to the next question; after the last one submits, where the queue does so by itself."""
        self.turn_to(min(self.at + 1, len(self.asked)))
        if self.at == len(self.asked) and self.sitting.queue.settings.get("submit") == "when_complete":
            step = self.sitting.submit_if_complete()
            if step is not None:
                self.conclude(step)

    def moved(self, step: Step) -> None:
        """Says what came of a move, and the item that is open now."""
        if step.message:
            self.voice.say(step.message)
        if step.moved:
            self.present()

    def conclude(self, step: Step) -> None:
        """Says that what was submitted or skipped is saved, once it is on the disk, or what stands in the way."""
        if step.missing:
            self.voice.say(*(missing.message for missing in step.missing))
            self._turn_to_missing(step)
        elif not step.moved:
            self.voice.say(step.message)
        elif not self.sitting.saving.waiting:
            self.voice.say("Nothing was changed.")
            self.present()
        elif failed := self._wait_for_disk():
            self.voice.say(failed.message)
            self.present()
            self.turn_to(len(self.asked))
        else:
            self.voice.say("Saved.")
            self.present()

    # -- what is typed ---------------------------------------------------------------------------------

    def changed(self) -> None:
        """Something was said or unsaid about the open item."""
        self.sitting.touch()

    def several_lines(self, put: Callable[[str], None]) -> bool:
        """Hears lines up to a dot alone and puts the text after each; False where nothing was written.

        A line of two dots stands for one dot.
        """
        self.voice.say("Write; a dot alone on a line ends it.")
        lines: list[str] = []
        while (line := self.voice.hear()) not in (None, _END):
            assert line is not None
            self.sitting.clock.key()
            lines.append(_END if line == _END * 2 else line)
            text = "\n".join(lines).strip("\n")
            if text.strip():
                put(text)
                self.changed()
                self.keep()
        return any(line.strip() for line in lines)

    def keep(self) -> None:
        """Hands the draft to the disk, and tells what has come up there."""
        self.sitting.flush_draft()
        self.sitting.drain(_DRAFT_SECONDS)
        self.sitting.settle()
        said = ""
        if self.sitting.held_elsewhere:
            said = "A newer terminal of yours holds this item: :take takes it back."
        elif trouble := self.sitting.saving.drafts_trouble:
            said = f"What you type is not kept: {trouble}"
        if said and said != self._told:
            self.voice.say(said)
        self._told = said

    # -- inside ----------------------------------------------------------------------------------------

    def _look_for_more(self) -> None:
        """Where nothing is left of a server's queue, lets more be fetched and goes on with that."""
        if self.sitting.view is None and not self.brief and self.serving.fetch_more():
            self.moved(self.sitting.next_open())

    def _ask(self) -> None:
        view, work = self.sitting.view, self.sitting.work
        if view is None:
            if not self.brief:
                self.voice.say("", "Nothing is left to rate here. :undo or :go N opens an item again, :quit leaves.")
        elif self.at >= len(self.asked):
            self.voice.say("Submit? Enter submits, :back changes an answer.")
        else:
            key, criterion = self.asked[self.at]
            work.focus = key
            if self.why:
                if not self.brief:
                    tell_why(self.voice, criterion, work, key)
                else:
                    self.voice.say("Why?")
            elif self.brief:
                self.voice.say(f"Question {self.at + 1} of {len(self.asked)}: {name_of(criterion, key)}.")
            else:
                tell_question(self.voice, view, work, self.at)

    def _handle(self, line: str) -> None:
        if order := by_colon(line):
            self._obey(order)
        elif self.sitting.view is None:
            self._handle_when_done(line)
        elif self.at >= len(self.asked):
            self._handle_submit(line)
        elif self.why:
            self._handle_why(line)
        else:
            self._handle_answer(line)

    def _obey(self, order: tuple[str, str]) -> None:
        name, rest = order
        ORDERS[name](self, rest)

    def _handle_when_done(self, line: str) -> None:
        if order := by_word(line):
            self._obey(order)
        elif line.strip():
            raise BadInput("no item is open.", mend=":undo or :go N opens one, :quit leaves.")
        else:
            self.moved(self.sitting.next_open())

    def _handle_submit(self, line: str) -> None:
        word = line.strip().lower()
        if word in ("", "y", "yes"):
            self.conclude(self.sitting.submit())
        elif word in ("n", "no"):
            self.turn_to(0)
        elif order := by_word(line):
            self._obey(order)
        else:
            raise BadInput("that is no answer here.", mend="Enter submits the label.")

    def _handle_answer(self, line: str) -> None:
        key, criterion = self.question
        if not line.strip():
            self._handle_nothing(key, criterion)
            return
        if criterion.type == "text":
            _refuse_doubtful(line)
        try:
            self._give(key, criterion, line)
        except BadInput:
            order = by_word(line)
            if order is None:
                raise
            self._obey(order)
            return
        self.changed()
        self.settle_answer()

    def _give(self, key: str, criterion: Criterion, line: str) -> None:
        work = self.sitting.work
        if isinstance(criterion, PreferenceQuestion):
            give_preference(work, key, criterion, line)
        elif isinstance(criterion, RankingQuestion):
            give_places(work, key, criterion, line)
        else:
            work.values[key] = read_answer(criterion, line)

    def _handle_nothing(self, key: str, criterion: Criterion) -> None:
        work = self.sitting.work
        if isinstance(criterion, RankingQuestion) and key in work.values and not whole(criterion, work.values[key]):
            place_last(work, key, criterion)
            if whole(criterion, work.values[key]):
                self.changed()
                self.settle_answer()
                return
            self.voice.say(f"{name_of(criterion, key)} stays unfinished; :clear takes it back.")
        elif criterion.required and key not in work.values:
            self.voice.say(f"{name_of(criterion, key)} is required; it stays open.")
        self.go_on()

    def settle_answer(self) -> None:
        """Says the answer just given, then asks for its rationale, or goes on."""
        key, criterion = self.question
        work = self.sitting.work
        value = work.values[key]
        if value is not None and not answered(criterion, value):
            raise BadInput(f"{name_of(criterion, key)}: nothing is chosen yet.")
        if criterion.type != "text":
            self.voice.say(f"{value_line(criterion, value)}.")
        if isinstance(criterion, RankingQuestion) and not whole(criterion, value):
            left = left_over(work, key, criterion)
            last = f" Enter puts it last, ={left[0]} level with the one before." if len(left) == 1 else ""
            self.voice.say(f"Not ranked yet: {listed(left)}.{last}")
            return
        if rationale_needed(criterion, value) and not has_rationale(work.rationale, key):
            self.turn_to(self.at, why=True)
        else:
            self.go_on()

    def _handle_why(self, line: str) -> None:
        key, criterion = self.question
        work = self.sitting.work
        if not line.strip():
            if not has_rationale(work.rationale, key):
                self.voice.say("The rationale stays open.")
            self.go_on()
            return
        _refuse_doubtful(line)
        numbers = numbers_in(line, len(criterion.reasons)) if criterion.reasons else None
        if numbers is None:
            work.write_rationale(key, line.strip())
        else:
            self.give_reasons(key, criterion, numbers)
        self.changed()
        if has_rationale(work.rationale, key):
            self.go_on()

    def give_reasons(self, key: str, criterion: Criterion, numbers: list[int]) -> None:
        """Gives the quick reasons of those numbers, or takes them back, and says which are given now."""
        for number in numbers:
            self.sitting.work.toggle_reason(key, criterion.reasons[number - 1])
        self.changed()
        self.voice.say(f"Reasons: {', '.join(self.sitting.work.reasons(key)) or 'none'}.")

    def _turn_to_missing(self, step: Step) -> None:
        keys = [key for key, _ in self.asked]
        for missing in step.missing:
            if missing.key in keys:
                self.turn_to(keys.index(missing.key), why=missing.kind == "rationale")
                return

    def _wait_for_disk(self) -> Step | None:
        """The step back to an item whose label could not be saved; None once all is on the disk."""
        while self.sitting.saving.waiting:
            self._reported.wait()
            self._reported.clear()
            step = self.sitting.settle()
            if step.moved:
                return step
        return None


def _refuse_doubtful(line: str) -> None:
    if is_doubtful(line):
        raise BadInput(f"'{line}' may be a command.", mend=f":{line} runs it; with a space before it, it is a text.")
