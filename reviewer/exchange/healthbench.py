"""HealthBench rows: an item that brings its own rubric of signed yes/no criteria.

Shapes as OpenAI published them with "HealthBench: Evaluating Large Language Models Towards Improved Human Health"
(2025): evaluation rows carry `rubrics`, meta-evaluation rows one `rubric` text for one `completion`.
"""

from __future__ import annotations

from typing import Any

from reviewer.exchange.rows import FieldFault, kind_of

Record = dict[str, Any]

_USED = {"prompt_id", "prompt", "rubrics", "example_tags", "ideal_completions_data"}
_META_USED = {"prompt_id", "prompt", "completion", "completion_id", "rubric", "category"}


def is_evaluation(names: frozenset[str]) -> bool:
    """Whether a record with these fields is an evaluation row."""
    return {"prompt_id", "prompt", "rubrics"} <= names


def is_meta_evaluation(names: frozenset[str]) -> bool:
    """Whether a record with these fields is a meta-evaluation row."""
    return {"prompt_id", "prompt", "completion_id", "completion", "rubric"} <= names


def native_of(record: Record) -> Record:
    """The same record in the native names; raises FieldFault naming the criterion that is not one."""
    return _evaluation(record) if is_evaluation(frozenset(record)) else _meta_evaluation(record)


def _evaluation(record: Record) -> Record:
    rubrics = record["rubrics"]
    if not isinstance(rubrics, list) or not rubrics:
        raise FieldFault("rubrics must be a list of criteria that is not empty.")
    criteria: list[Record] = []
    themes: dict[str, Any] = {}
    for number, given in enumerate(rubrics, start=1):
        where = f"rubrics[{number - 1}]"
        if not isinstance(given, dict):
            raise FieldFault(f"{where} must be an object, not {kind_of(given)}.")
        points = given.get("points")
        if isinstance(points, bool) or not isinstance(points, int | float):
            raise FieldFault(f"{where}.points must be a number, not {kind_of(points)}.")
        criteria.append({**_criterion(f"c{number}", given.get("criterion"), where), "points": points})
        if given.get("tags"):
            themes[f"c{number}"] = given["tags"]
    meta = {name: value for name, value in record.items() if name not in _USED and value is not None}
    native: Record = {
        "id": record["prompt_id"],
        "prompt": record["prompt"],
        "tags": record.get("example_tags"),
        "metadata": {**meta, "criterion_tags": themes} if themes else meta,
        "rubric": {
            "name": f"healthbench-{record['prompt_id']}",
            "criteria": criteria,
            "composite": "points",
        },
    }
    ideal = record.get("ideal_completions_data")
    if isinstance(ideal, dict):
        native["reference"] = ideal.get("ideal_completion")
        rest = {name: value for name, value in ideal.items() if name != "ideal_completion" and value}
        if rest:
            native["metadata"]["ideal_completions_data"] = rest
    return native


def _meta_evaluation(record: Record) -> Record:
    meta = {name: value for name, value in record.items() if name not in _META_USED and value is not None}
    category = record.get("category")
    # One completion is judged once a category; a key of its own keeps each with its own criterion.
    key = f"{record['prompt_id']}/{category}" if category else record["prompt_id"]
    return {
        "id": key,
        "prompt": record["prompt"],
        "output": record["completion"],
        "version": record["completion_id"],
        "tags": [category] if category else None,
        "metadata": meta,
        "rubric": {
            "name": f"healthbench-{category or record['prompt_id']}",
            "criteria": [_criterion("c1", record["rubric"], "rubric")],
        },
    }


def _criterion(identifier: str, text: object, where: str) -> Record:
    if not isinstance(text, str) or not text.strip():
        raise FieldFault(f"{where} must say its criterion as text.")
    return {"id": identifier, "label": text, "type": "boolean"}
