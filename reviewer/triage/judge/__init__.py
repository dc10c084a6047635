"""Judging by language models: what they are asked, how, and what their answers are held to."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reviewer.triage.judge.answer import Answer, Unusable, read_answer
    from reviewer.triage.judge.hostile import FLAGS, flags_of
    from reviewer.triage.judge.prompt import Asked, ask, repair_message
    from reviewer.triage.judge.question import Document, Output, Question, Turn, samples_of
    from reviewer.triage.judge.spec import JudgeSpec, load_judge, parse_judge

_HOMES = {
    "answer": ("Answer", "Unusable", "read_answer"),
    "hostile": ("FLAGS", "flags_of"),
    "prompt": ("Asked", "ask", "repair_message"),
    "question": ("Document", "Output", "Question", "Turn", "samples_of"),
    "spec": ("JudgeSpec", "load_judge", "parse_judge"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "FLAGS",
    "Answer",
    "Asked",
    "Document",
    "JudgeSpec",
    "Output",
    "Question",
    "Turn",
    "Unusable",
    "ask",
    "flags_of",
    "load_judge",
    "parse_judge",
    "read_answer",
    "repair_message",
    "samples_of",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"reviewer.triage.judge.{_HOME_OF[name]}"), name)
