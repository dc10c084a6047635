"""Real data, where it is at hand: `REVIEWER_SHARED_DATA`, or shared/data beside the repository."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import orjson
import pytest

from reviewer.exchange.registry import read, sniff
from reviewer.exchange.rows import ItemRow, Reject

SHARED = Path(os.environ.get("REVIEWER_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")


def shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(parts)} is not at hand")
    return path


def test_mt_bench_by_its_own_format() -> None:
    questions = shared("mt_bench", "question.jsonl")
    answers = shared("mt_bench", "reference_answer_gpt-4.jsonl")
    assert sniff(questions) == "mtbench"
    rows = list(read([questions], answers=[answers]))
    items = [row for row in rows if isinstance(row, ItemRow)]
    assert len(items) == len(rows) == 80
    answered = [item for item in items if item.outputs]
    assert len(answered) == 30
    assert {output.system for item in answered for output in item.outputs} == {"gpt-4"}
    assert all(
        [part["role"] for part in item.outputs[0].parts] == ["assistant", "user", "assistant"] for item in answered
    )
    assert len({item.tags[0] for item in items}) == 8


def test_pandalm_as_pairs_in_jsonl_and_csv(tmp_path: Path) -> None:
    path = shared("pandalm", "testset.jsonl")
    records = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    table = tmp_path / "pandalm.csv"
    with table.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, records[0].keys())
        writer.writeheader()
        writer.writerows(records)
    native = list(read([path]))
    from_table = list(read([table]))
    assert len(native) == len(from_table) == 999
    coerced = 0
    for row, other, record in zip(native, from_table, records, strict=True):
        assert isinstance(other, ItemRow)
        assert other.key == str(record["idx"])
        # A blank cell cannot say whether a model answered nothing; in JSON an empty answer is one.
        said = [("1", str(record["response1"])), ("2", str(record["response2"]))]
        assert [(o.system, o.text) for o in other.outputs] == [(name, text) for name, text in said if text.strip()]
        if isinstance(record["response1"], bool) or isinstance(record["response2"], bool):
            # The source turned six answers "True" into JSON's true; what they said is not guessed.
            assert isinstance(row, Reject)
            assert "must be text, not true or false" in row.reason
            coerced += 1
            continue
        assert isinstance(row, ItemRow)
        assert (row.key, row.prompt) == (other.key, other.prompt)
        assert [(o.system, o.text) for o in row.outputs] == said
        assert row.prompt[0]["text"].startswith(record["instruction"].strip())
        assert row.meta["cmp_key"] == record["cmp_key"]
    assert coerced == 6


def test_llmbar_as_pairs() -> None:
    rows = list(read([shared("llmbar_natural", "items.jsonl")]))
    assert len(rows) == 100
    assert all(isinstance(row, ItemRow) and len(row.outputs) == 2 for row in rows)
