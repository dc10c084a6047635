"""Any bytes as an import file: rows, rejects or one clear sentence, never a traceback."""

from __future__ import annotations

import gzip
import random
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reviewer.errors import ReviewerError
from reviewer.exchange.registry import FORMATS, read, sniff
from reviewer.exchange.rows import ItemRow, Reject

GOOD = (
    b'{"id": "1", "prompt": "a", "outputs": [{"system": "m", "text": "x\\n\\u0000"}], "metadata": {"k": [1]}}\n'
    b'{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "v"}], "tags": ["t"]}\n',
    b'[{"id": 1, "prompt": "a", "output": "b"},\n {"id": 2, "prompt": "\\ud800", "context": [{"text": "c"}]}]',
    b'{"n": 1, "data": [{"prompt": "a", "response1": "b", "response2": "c"}]}',
    b'id,prompt,output_a,output_b,tags\n1,"say ""hi""\nnow",x,y,a|b\n2,p,"q",r,\n',
    b"prompt\toutput\tmetadata\na\tb\t{}\n",
    b'{"question_id": 1, "turns": ["a", "b"], "category": "c", "reference": ["d"]}\n',
    b'{"prompt_id": "h", "prompt": "p", "rubrics": [{"criterion": "c", "points": 1, "tags": []}]}\n',
    "prompt,output\nä,三\n".encode("utf-16"),
)
TOKENS = [
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\n",
    b"\r",
    b"\t",
    b"\0",
    b"\xff",
    b"\\ud800",
    b"null",
    b"1e999",
]


@st.composite
def near_valid(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        if draw(st.booleans()):
            data[at:at] = draw(st.sampled_from(TOKENS) | st.binary(max_size=4))
        else:
            del data[at : at + draw(st.integers(1, 12))]
    whole = gzip.compress(bytes(data), mtime=0) if draw(st.booleans()) else bytes(data)
    return whole[: draw(st.integers(0, len(whole)))] if draw(st.booleans()) else whole


def drain(path: Path, format_name: str | None, answers: list[Path], mapping: dict[str, str]) -> None:
    with (
        suppress(ReviewerError),
        read([path], format=format_name, answers=answers, mapping=mapping, record_limit=4096) as reader,
    ):
        for row in reader:
            assert isinstance(row, ItemRow | Reject)
            if isinstance(row, Reject):
                assert row.reason
            else:
                # What is taken can be stored: the whole of it is JSON without NUL.
                parts = [output.parts for output in row.outputs]
                texts = [output.text for output in row.outputs]
                stored = orjson.dumps(
                    [row.key, row.prompt, row.context, row.reference, texts, parts, row.meta, row.tags, row.rubric]
                )
                assert b"\\u0000" not in stored.replace(b"\\\\", b"")
        assert reader.position <= (reader.size or 0)


def check(data: bytes, name: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        with suppress(ReviewerError):
            assert sniff(path) in FORMATS
        drain(path, None, [], {})
        for known in FORMATS:
            drain(path, known, [path] if known == "mtbench" else [], {})
        drain(path, None, [], {"prompt": "id", "id": "prompt"})


@given(st.binary(max_size=300), st.sampled_from(["x", "x.csv", "x.jsonl", "x.json"]))
@example(b"\xff\xfe", "x")
@example(b"\x1f\x8b", "x")
@example(b"\0\0\0\0", "x.csv")
@example(b"{" * 3000, "x")
@example(b"[" * 3000, "x")
@example(b'["' + b"\\" * 5000, "x")
@example(b'[{"a":' * 2000, "x.json")
@example(b"prompt," + b",".join(b"c%d" % i for i in range(2000)) + b"\n" + b"," * 2000, "x.csv")
@settings(deadline=None)
def test_any_bytes(data: bytes, name: str) -> None:
    check(data, name)


@given(near_valid())
@settings(deadline=None, max_examples=200)
def test_bytes_near_a_good_file(data: bytes) -> None:
    check(data, "x")


@pytest.mark.parametrize("good", GOOD)
def test_every_cut_of_a_good_file(good: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x"
    for cut in random.Random(7).sample(range(len(good)), min(40, len(good))):
        path.write_bytes(good[:cut])
        drain(path, None, [], {})


NAMES = [
    *("id", "prompt", "messages", "system_prompt", "context", "reference", "outputs", "output", "system", "version"),
    *("sample", "metadata", "tags", "rubric", "rubrics", "instruction", "input", "response1", "output_b", "model_b"),
    *("x_output", "conversation_a", "prompt_id", "completion_id", "completion", "category", "question_id", "turns"),
    *("choices", "model_id", "ideal_completions_data", "role", "content", "parts", "text", "tool_calls", "function"),
    *("arguments", "name", "criterion", "points", "from", "value", "title", "url"),
]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats()
    | st.sampled_from(["", "user", "assistant", "tool", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=20,
)


@given(st.lists(st.dictionaries(st.sampled_from(NAMES), values, max_size=8), min_size=1, max_size=3))
@settings(deadline=None, max_examples=150)
def test_records_of_known_names_and_any_values(records: list[dict[str, object]]) -> None:
    check(b"\n".join(orjson.dumps(record) for record in records), "x.jsonl")
