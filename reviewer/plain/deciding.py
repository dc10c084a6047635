"""Deciding disputed tasks line by line: as rating is, with what the raters said after the texts, and the way back."""

from __future__ import annotations

from typing import TextIO

from reviewer.errors import BadInput
from reviewer.plain.dialogue import Dialogue
from reviewer.plain.dialogue import run as hold
from reviewer.plain.voice import Lines
from reviewer.session.deciding import Deciding
from reviewer.session.panel import PeerLabel
from reviewer.session.spreads import titled, value_told
from reviewer.session.work import LABEL

SEND_BACK, PANEL, AGREED = ":sendback", ":panel", ":agreed"


class DecidingDialogue(Dialogue):
    """A conversation about disputed tasks."""

    sitting: Deciding

    def present(self) -> None:
        """Says the open item in full, then what its raters said of it."""
        super().present()
        if self.sitting.view is not None:
            self._tell_panel()
            self.voice.say(
                f"{SEND_BACK} REASON sends it back to them, {AGREED} takes over what all of them agree on, "
                f"{PANEL} says this again."
            )

    def _handle(self, line: str) -> None:
        word, _, rest = line.strip().partition(" ")
        if word.lower() == SEND_BACK:
            if self.sitting.view is None:
                raise BadInput("no item is open.", mend=":undo or :go N opens one.")
            if not rest.strip():
                raise BadInput("the raters need a reason:", mend=f"{SEND_BACK} REASON.")
            self.conclude(self.sitting.send_back(rest.strip()))
        elif word.lower() == PANEL:
            self._tell_panel()
        elif word.lower() == AGREED:
            self._take_agreed()
        else:
            super()._handle(line)

    def _take_agreed(self) -> None:
        if self.sitting.view is None:
            raise BadInput("no item is open.", mend=":undo or :go N opens one.")
        if self.sitting.panel is None:
            raise BadInput("you decide first; then what the raters said is told.", mend="Answer the questions.")
        who, taken = self.sitting.take_agreed()
        if not taken:
            raise BadInput(
                "the raters agree on nothing that is not answered yet.", mend=f"{PANEL} says what they said."
            )
        self.sitting.touch()
        values = self.sitting.work.values
        told = "; ".join(f"{titled(key, question)}: {value_told(question, values[key])}" for key, question in taken)
        self.voice.say(f"Taken over from {who}. {told}.")
        open_ones = (place for place, (key, _) in enumerate(self.asked) if key not in values)
        self.turn_to(next(open_ones, len(self.asked)))

    def _tell_panel(self) -> None:
        panel = self.sitting.panel
        if panel is None:
            self.voice.say("You decide first; then what the raters said is told.")
            return
        case = self.sitting.case
        assert case is not None
        told = ", ".join(dispute.told for dispute in case.disputes) or panel.told
        self.voice.say(f"The raters, unnamed. {told}.")
        for label in panel.labels:
            self._tell_label(label)

    def _tell_label(self, label: PeerLabel) -> None:
        panel, said = self.sitting.panel, label.latest
        assert panel is not None
        answers = [
            f"{titled(key, question)}: {value_told(question, said.values[key])}"
            for key, question in panel.questions.items()
            if key in said.values
        ]
        flag = " Flagged." if said.flags else ""
        self.voice.say(f"{label.rater}: {'; '.join(answers) or said.outcome.replace('_', ' ')}.{flag}")
        for key, entry in said.rationale.items():
            question = panel.questions.get(key)
            of = "" if key == LABEL else f" of {titled(key, question) if question else key}"
            reasons = ", ".join(map(str, entry.get("reasons") or []))
            self.voice.say(f"Rationale{of}{f': {reasons}' if reasons else ''}:")
            if text := str(entry.get("text") or ""):
                self.voice.quote(text)
        for text in said.correction.values():
            self.voice.say("Corrected:")
            self.voice.quote(text)


def run(sitting: Deciding, stdin: Lines, stdout: TextIO) -> int:
    """Holds the sitting over lines until the input ends, closes it, and returns the exit code."""
    return hold(sitting, stdin, stdout, DecidingDialogue)
