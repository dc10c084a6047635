"""MT-Bench: questions of several turns, with the models' answers and the reference answers in files of their own.

The prompt is the first user turn; an output's parts are assistant 1, user 2, assistant 2 and so on. Answers are held
in memory by question, questions are streamed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reviewer.errors import WrongUsage
from reviewer.exchange.jsonl import too_long
from reviewer.exchange.messages import Turn, as_parts, prose_of
from reviewer.exchange.records import loads
from reviewer.exchange.rows import FieldFault, ItemRow, Options, OutputRow, Reject, Row, kind_of
from reviewer.exchange.source import Source


@dataclass(slots=True)
class Answer:
    """One model's answer to one question, and where it stands."""

    model: str
    sample: int
    turns: list[str]
    file: str
    line: int


@dataclass(slots=True)
class Answers:
    """What was answered to one question."""

    outputs: list[Answer] = field(default_factory=list)
    reference: list[str] | None = None
    asked: bool = False


class MtBenchReader:
    """Rows of MT-Bench questions, each with all answers that were given to it."""

    def __init__(self, options: Options) -> None:
        if options.mapping:
            raise WrongUsage("--map does not go with the format mtbench.", mend="Leave one of them out.")
        self._options = options
        self._answers: dict[str, Answers] | None = None
        self._first: dict[str, tuple[str, int]] = {}

    def rows(self, source: Source) -> Iterator[Row]:
        """Read one file of questions; raises BadInput when an answer file cannot be opened."""
        if self._answers is None:
            self._answers = {}
            yield from self._read_answers(self._answers)
        for line, raw in source.lines():
            if raw is None:
                yield too_long(line, source.limit)
            elif raw and not raw.isspace():
                try:
                    yield self._item(raw, line)
                except FieldFault as fault:
                    yield Reject(line, str(fault), raw)
        if source.fault:
            yield Reject(source.line, source.fault)

    def finish(self) -> Iterator[Row]:
        """A reject for each question that was answered and never asked."""
        for question, answers in (self._answers or {}).items():
            if not answers.asked:
                file, line = self._first[question]
                yield Reject(line, f"{file}: question_id {question!r} is answered, but not among the questions.")

    def _read_answers(self, into: dict[str, Answers]) -> Iterator[Reject]:
        paths = self._options.answers
        # With nothing but reference answers at hand, they are what there is to judge.
        judged = all(_is_reference(path) for path in paths)
        for path in paths:
            with Source.open(path, limit=self._options.record_limit) as source:
                for line, raw in source.lines():
                    if raw is None:
                        yield _in(path, too_long(line, source.limit))
                    elif raw and not raw.isspace():
                        try:
                            self._answer(raw, line, path, into, judged)
                        except FieldFault as fault:
                            yield _in(path, Reject(line, str(fault), raw))
                if source.fault:
                    yield _in(path, Reject(source.line, source.fault))

    def _answer(self, raw: bytes, line: int, path: Path, into: dict[str, Answers], judged: bool) -> None:
        record, _ = _object(raw)
        question = _identifier(record)
        model = record.get("model_id")
        choices = record.get("choices")
        if not isinstance(model, str) or not model:
            raise FieldFault(f"model_id must be text, not {kind_of(model)}.")
        if not isinstance(choices, list) or not choices:
            raise FieldFault("choices must be a list that is not empty.")
        read = []
        for number, choice in enumerate(choices):
            if not isinstance(choice, dict):
                raise FieldFault(f"choices[{number}] must be an object, not {kind_of(choice)}.")
            read.append(_texts(choice.get("turns"), f"choices[{number}].turns"))
        known = into.setdefault(question, Answers())
        self._first.setdefault(question, (path.name, line))
        if _is_reference(path) and not judged:
            if known.reference is not None:
                raise FieldFault(f"question_id {question!r} has a second reference answer.")
            known.reference = read[0]
            return
        if any(answer.model == model for answer in known.outputs):
            raise FieldFault(f"question_id {question!r} is answered by {model!r} a second time.")
        known.outputs.extend(Answer(model, sample, turns, path.name, line) for sample, turns in enumerate(read))

    def _item(self, raw: bytes, line: int) -> ItemRow:
        record, escaped = _object(raw)
        question = _identifier(record)
        turns = _texts(record.get("turns"), "turns")
        if not turns[0].strip():
            raise FieldFault("turns[0] is empty.")
        answers = (self._answers or {}).get(question)
        reference = record.get("reference")
        if answers is not None and answers.reference is not None:
            reference = answers.reference
        category = record.get("category")
        meta = {
            name: value
            for name, value in record.items()
            if name not in ("question_id", "turns", "reference", "category") and value is not None
        }
        if len(turns) > 1:
            meta["turns"] = turns
        outputs = []
        if answers is not None:
            answers.asked = True
            outputs = [_output(answer, turns) for answer in answers.outputs]
        return ItemRow(
            line,
            question,
            [{"role": "user", "text": turns[0]}],
            [],
            None if reference is None else _reference(_texts(reference, "reference")),
            outputs,
            meta,
            [category] if isinstance(category, str) and category else [],
            None,
            raw,
            escaped,
        )


def is_question(record: object) -> bool:
    """Whether a parsed record is an MT-Bench question."""
    return isinstance(record, dict) and "question_id" in record and "turns" in record and "choices" not in record


def is_answer(record: object) -> bool:
    """Whether a parsed record is an MT-Bench answer."""
    return isinstance(record, dict) and {"question_id", "model_id", "choices"} <= record.keys()


def _is_reference(path: Path) -> bool:
    return "reference" in path.name.lower() or path.parent.name.lower() == "reference_answer"


def _in(path: Path, reject: Reject) -> Reject:
    reject.reason = f"{path.name}: {reject.reason}"
    return reject


def _object(raw: bytes) -> tuple[dict[str, Any], int]:
    record, escaped = loads(raw)
    if not isinstance(record, dict):
        raise FieldFault(f"a record must be a JSON object, not {kind_of(record)}.")
    return record, escaped


def _identifier(record: dict[str, Any]) -> str:
    value = record.get("question_id")
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise FieldFault(f"question_id must be a number or text, not {kind_of(value)}.")
    return str(value)


def _texts(value: object, name: str) -> list[str]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not value or not all(isinstance(text, str) for text in value):
        raise FieldFault(f"{name} must be a list of texts that is not empty.")
    return value


def _output(answer: Answer, questions: list[str]) -> OutputRow:
    if len(answer.turns) > len(questions):
        raise FieldFault(
            f"{answer.file}:{answer.line} answers {len(answer.turns)} turns, but the question has {len(questions)}."
        )
    if len(answer.turns) == 1:
        return OutputRow(answer.turns[0], [], answer.model, "", answer.sample)
    turns: list[Turn] = []
    for number, text in enumerate(answer.turns):
        if number:
            turns.append({"role": "user", "text": questions[number]})
        turns.append({"role": "assistant", "text": text})
    parts = as_parts(turns)
    return OutputRow(prose_of(parts), parts, answer.model, "", answer.sample)


def _reference(turns: list[str]) -> str:
    if len(turns) == 1:
        return turns[0]
    return "\n\n".join(f"[Turn {number}]\n{text}" for number, text in enumerate(turns, start=1))
