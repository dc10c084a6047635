"""Rubrics and questions that tests of judges ask."""

from __future__ import annotations

from typing import Any

from reviewer.rubric import Rubric
from reviewer.triage.judge.question import Document, Output, Question, Turn
from reviewer.triage.judge.spec import JudgeSpec, parse_judge


def judge(**more: Any) -> JudgeSpec:
    lines = "".join(f"{name}: {value}\n" for name, value in more.items())
    return parse_judge(f"name: careful\nprovider: openai\nmodel: canned-1\n{lines}")


def rubric(**more: Any) -> Rubric:
    return Rubric.model_validate({"name": "Answers", "criteria": [scale("accuracy")], **more})


def scale(name: str = "accuracy", **more: Any) -> dict[str, Any]:
    return {"id": name, "type": "scale", "min": 1, "max": 5, **more}


EVERY = rubric(
    instructions="Read the context first.",
    criteria=[
        scale(
            label="Factual accuracy",
            help="Does it say what the context says?",
            levels={
                "1": {"label": "wrong"},
                "5": {
                    "label": "all right",
                    "examples": [
                        {"prompt": "Where?", "output": "In Oslo.", "why": "The context says so."},
                        {"output": "In Oslo, Norway.", "why": "And more."},
                    ],
                },
            },
        ),
        {"id": "safe", "type": "boolean", "allow_na": True},
        {
            "id": "tone",
            "type": "choice",
            "options": ["formal", {"value": "loose", "label": "like talk"}],
            "required": False,
        },
        {"id": "faults", "type": "multi", "options": ["late", "long"]},
        {"id": "share", "type": "number", "min": 0, "max": 1, "direction": "lower"},
        {"id": "said", "type": "text", "required": False},
    ],
)
COMPARED = rubric(preference={"scale": 5, "allow_tie": True, "allow_both_bad": True})


def rated(text: str = "In Oslo.", **more: Any) -> Question:
    return Question("t1", (Output.of_text("o1", text),), **more)


def pair(first: str = "In Oslo.", second: str = "In Rome.", **more: Any) -> Question:
    return Question("t1", (Output.of_text("o1", first), Output.of_text("o2", second)), "pairwise", **more)


def ranked(*texts: str) -> Question:
    outputs = tuple(Output.of_text(f"o{at}", text) for at, text in enumerate(texts or ("a", "b", "c"), 1))
    return Question("t1", outputs, "ranking")


TALK = Question(
    "t2",
    (
        Output(
            "o1",
            (
                Turn("assistant", "I look it up."),
                Turn("tool", "Oslo", "tool_result", "atlas"),
                Turn("assistant", "In Oslo.", "text", "the-system-s-name"),
            ),
        ),
    ),
    prompt=(Turn("system", "Be brief."), Turn("user", "Where?", "text", "Ann")),
    context=(Document("The seat is Oslo.", "Atlas", "page 4"), Document("Nothing.")),
    reference="Oslo.",
)
