"""The rubric as data: criteria with their scales, levels and annotated examples, and the hashes that name them.

Defaults are for ever: `document` leaves out what equals its default, so a changed default would change the
meaning of every rubric already stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from reviewer.ids import digest
from reviewer.rubric.rules import Complaint, criterion_rules, preference_rules, rubric_rules

CriterionType = Literal["scale", "boolean", "choice", "multi", "number", "text"]
Direction = Literal["higher", "lower", "none"]
Unit = Literal["output", "turn", "context", "step"]
Composite = Literal["weighted_mean", "min", "points"]

_BLANKS = re.compile(r"[ \t\r\n\v\f]+")
# Beyond this a float no longer holds every whole number, and JSON readers disagree.
_LARGEST = 2**53


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(_number(value))
    if not isinstance(value, str):
        raise PydanticCustomError("rubric_text", "must be text; put it in quotes")
    if "\0" in value:
        raise PydanticCustomError("rubric_text", "must not hold a NUL character; remove it")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError(
            "rubric_text", "must not hold half a surrogate pair; write the whole character"
        ) from None
    return value


def _line(value: object) -> str:
    return _BLANKS.sub(" ", _text(value)).strip()


def _prose(value: object) -> str:
    # Block, folded and quoted YAML end a text differently; the text is the same.
    return _text(value).replace("\r\n", "\n").strip("\n").rstrip()


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("rubric_number", "must be a number")
    if not abs(value) <= _LARGEST:
        raise PydanticCustomError("rubric_number", "must be a number of ordinary size")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _plain(value: object) -> object:
    if isinstance(value, str):
        return _text(value)
    return value if value is None or isinstance(value, bool) else _number(value)


Line = Annotated[str, BeforeValidator(_line)]
Prose = Annotated[str, BeforeValidator(_prose)]
Number = Annotated[int | float, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
Weight = Annotated[int | float, BeforeValidator(_number), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})]
Plain = str | bool | int | float | None


def _raise(complaints: list[Complaint]) -> None:
    if complaints:
        raise PydanticCustomError("rubric_rules", "breaks the rules of rubrics", {"complaints": complaints})


class _Frozen(BaseModel):
    # Validators are built when something is checked, which a start does not.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_unset(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            return {key: value for key, value in data.items() if value is not None}
        return data


class Example(_Frozen):
    """An annotated example of a level: an output that deserves it, and why."""

    prompt: Prose = Field(default="", description="What was asked, where that is needed to understand.")
    output: Prose = Field(min_length=1, description="The answer, or the part of it, that shows the level.")
    why: Prose = Field(min_length=1, description="Why it deserves this level.")


class Level(_Frozen):
    """One level of a scale (or one answer of a choice or boolean): what it means, with annotated examples."""

    label: Line = Field(default="", description="What the level means, in a few words.")
    examples: tuple[Example, ...] = Field(default=(), description="Two to three annotated examples.")

    @model_validator(mode="before")
    @classmethod
    def _from_label(cls, data: Any) -> Any:
        return {"label": data} if isinstance(data, str | int | float) else data


class Option(_Frozen):
    """One answer of a choice or multi criterion; `score` lets it count in a composite."""

    value: Line = Field(description="What is stored.")
    label: Line = Field(default="", description="What is shown; the value where it is left out.")
    score: Number | None = Field(default=None, description="What it counts in a composite.")

    @property
    def text(self) -> str:
        """What is shown."""
        return self.label or self.value

    @model_validator(mode="before")
    @classmethod
    def _from_value(cls, data: Any) -> Any:
        return {"value": data} if isinstance(data, str | int | float) else data


class RationaleRule(_Frozen):
    """When a rationale is wanted: always, never, as one likes, or where the value meets a condition."""

    rule: Literal["never", "optional", "required"] = "optional"
    required_below: Number | None = None
    required_above: Number | None = None
    required_on: tuple[Annotated[Plain, BeforeValidator(_plain)], ...] = ()

    @property
    def conditional(self) -> bool:
        """Whether the need depends on the value."""
        return self.required_below is not None or self.required_above is not None or bool(self.required_on)

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, data: Any) -> Any:
        return {"rule": data} if isinstance(data, str) else data

    @model_serializer
    def _as_written(self) -> str | dict[str, Any]:
        if not self.conditional:
            return self.rule
        written: dict[str, Any] = {} if self.rule == "optional" else {"rule": self.rule}
        if self.required_below is not None:
            written["required_below"] = self.required_below
        if self.required_above is not None:
            written["required_above"] = self.required_above
        if self.required_on:
            written["required_on"] = list(self.required_on)
        return written


class Preference(_Frozen):
    """The overall answer of a comparison: how many steps it has, and whether a tie or both bad may be said."""

    scale: Literal[5, 3, 2] = Field(default=5, description="Steps from left better to right better.")
    allow_tie: StrictBool = True
    allow_both_bad: StrictBool = True

    @model_validator(mode="after")
    def _rules(self) -> Self:
        _raise(list(preference_rules(self)))
        return self

    @property
    def steps(self) -> tuple[int, ...]:
        """The values that may be given, from the first shown better to the second shown better."""
        if self.scale == 2:
            return (-1, 1)
        reach = self.scale // 2
        return tuple(step for step in range(-reach, reach + 1) if step or self.allow_tie)

    @property
    def scale_hash(self) -> str:
        """The comparability of preferences given under it."""
        both_bad = self.allow_both_bad
        return digest({"id": "preference", "steps": list(self.steps), "both_bad": both_bad})


class Criterion(_Frozen):
    """One question of a rubric: its type and scale, what its levels mean, and when a rationale is wanted."""

    id: Line = Field(description="How labels name it; never change it once labels exist.")
    label: Line = Field(default="", description="What is shown; the id where it is left out.")
    help: Prose = Field(default="", description="How to judge it, in a sentence or two.")
    type: CriterionType
    min: Number | None = Field(default=None, description="Lowest value of a scale or number.")
    max: Number | None = Field(default=None, description="Highest value of a scale or number.")
    direction: Direction = Field(default="higher", description="Which end is better; none: out of composites.")
    weight: Weight = Field(default=1, gt=0, description="Its weight in a weighted mean.")
    required: StrictBool = Field(default=True, description="Whether a label may be submitted without it.")
    allow_na: StrictBool = Field(default=False, description="Whether 'not applicable' may be answered.")
    per: Unit = Field(default="output", description="What is judged: the output, or each of its parts.")
    rationale: RationaleRule = Field(default=RationaleRule(), description="When a rationale is wanted.")
    reasons: tuple[Line, ...] = Field(default=(), description="Quick reasons, toggled by digits.")
    options: tuple[Option, ...] = Field(default=(), description="The answers of a choice or multi.")
    levels: dict[str, Level] = Field(default={}, description="Levels by value, with annotated examples.")
    points: Number | None = Field(default=None, description="Signed points of a boolean that is met.")

    @field_validator("levels", mode="before")
    @classmethod
    def _level_names(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {
            str(key).lower() if isinstance(key, bool) else str(key): {} if level is None else level
            for key, level in data.items()
        }

    @model_validator(mode="after")
    def _rules(self) -> Self:
        _raise(list(criterion_rules(self)))
        return self

    @property
    def title(self) -> str:
        """What is shown as its name."""
        return self.label or self.id

    @property
    def steps(self) -> range:
        """The values of a scale, lowest first; empty for every other type."""
        if self.type != "scale" or self.min is None or self.max is None:
            return range(0)
        return range(int(self.min), int(self.max) + 1)

    def level(self, value: Plain) -> Level | None:
        """The level that stands for `value`, if the rubric describes one."""
        return self.levels.get(str(value).lower() if isinstance(value, bool) else str(value))

    def option(self, value: object) -> Option | None:
        """The option of that value, if there is one."""
        return next((option for option in self.options if option.value == value), None)

    def described(self) -> list[tuple[int | bool | str, Level]]:
        """The described levels with their values, in the order of the scale or of the options."""
        order: list[int | bool | str]
        if self.type == "scale":
            order = sorted(int(name) for name in self.levels)
        elif self.type == "boolean":
            order = [True, False]
        else:
            order = [option.value for option in self.options]
        return [(value, level) for value in order if (level := self.level(value)) is not None]

    @property
    def scale_hash(self) -> str:
        """What makes two values of it comparable; help, weight, reasons and examples are left out on purpose."""
        return digest(
            {
                "id": self.id,
                "type": self.type,
                "min": self.min,
                "max": self.max,
                "options": [[option.value, option.text, option.score] for option in self.options],
                "levels": {name: level.label for name, level in self.levels.items() if level.label},
                "direction": self.direction,
                "points": self.points,
                "per": self.per,
            }
        )


class Rubric(_Frozen):
    """Criteria by which a task is judged, how they make one composite, and how outputs are compared."""

    name: Line = Field(min_length=1, description="Its name, in a word or two.")
    instructions: Prose = Field(default="", description="How to judge here, shown on demand.")
    criteria: tuple[Criterion, ...] = ()
    composite: Composite | None = Field(default=None, description="How one figure is made of the criteria.")
    preference: Preference | None = Field(default=None, description="How outputs are compared.")

    @model_validator(mode="after")
    def _rules(self) -> Self:
        _raise(list(rubric_rules(self)))
        return self

    def criterion(self, criterion_id: str) -> Criterion | None:
        """The criterion of that id, if there is one."""
        return next((criterion for criterion in self.criteria if criterion.id == criterion_id), None)

    def document(self) -> dict[str, Any]:
        """The rubric as JSON data: what is stored. What equals its default is left out."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The rubric of a stored document. Raises BadRubric if it is none."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            from reviewer.rubric.complaints import bad_document

            raise bad_document(error, document) from None

    @property
    def content_hash(self) -> str:
        """The identity of the whole document, for the audit."""
        return digest(self.document())

    @property
    def scale_hash(self) -> str:
        """What makes two composites comparable: every criterion's scale, its weight, and the composite."""
        scales = {criterion.id: [criterion.scale_hash, criterion.weight] for criterion in self.criteria}
        return digest({"composite": self.composite, "criteria": scales})

    def scale_hash_of(self, criterion_id: str) -> str | None:
        """The scale hash of a criterion, of `preference` or of `composite`; None if the rubric has no such."""
        if criterion_id == "composite":
            return self.scale_hash if self.composite else None
        if criterion_id == "preference":
            return self.preference.scale_hash if self.preference else None
        criterion = self.criterion(criterion_id)
        return criterion.scale_hash if criterion else None
