from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.exchange.records import DEPTH_LIMIT, loads, row_of_json
from reviewer.exchange.rows import FieldFault, ItemRow, OutputRow, Reject


def row(record: Any) -> ItemRow:
    made = row_of_json(orjson.dumps(record), 1, None)
    assert isinstance(made, ItemRow), made
    return made


def reason(record: Any) -> str:
    made = row_of_json(record if isinstance(record, bytes) else orjson.dumps(record), 7, None)
    assert isinstance(made, Reject), made
    assert made.line == 7
    assert made.reason.endswith(".")
    return made.reason


def test_the_native_record() -> None:
    part = {"role": "assistant", "kind": "text", "name": "", "text": "Hello."}
    record = {
        "id": "kyc-014",
        "prompt": "Greet.",
        "context": [{"title": "T", "text": "doc", "source": "s"}],
        "outputs": [
            {"system": "a", "version": "2026-05", "text": "Hi."},
            {"system": "b", "sample": 2, "parts": [part]},
        ],
        "reference": "Hello!",
        "metadata": {"risk": "high"},
        "tags": ["kyc", "kyc", "x"],
        "rubric": {"name": "r", "criteria": []},
    }
    raw = orjson.dumps(record)
    assert row_of_json(raw, 3, None) == ItemRow(
        line=3,
        key="kyc-014",
        prompt=[{"role": "user", "text": "Greet."}],
        context=[{"title": "T", "text": "doc", "source": "s"}],
        reference="Hello!",
        outputs=[OutputRow("Hi.", [], "a", "2026-05"), OutputRow("Hello.", [part], "b", "", 2)],
        meta={"risk": "high"},
        tags=["kyc", "x"],
        rubric={"name": "r", "criteria": []},
        raw=raw,
    )


def test_a_single_output_and_a_plain_context() -> None:
    made = row({"id": 12, "prompt": "P", "context": "C", "output": "O", "system": "m", "version": 3})
    assert (made.key, made.outputs) == ("12", [OutputRow("O", [], "m", "3")])
    assert made.context == [{"title": "", "text": "C", "source": ""}]


def test_an_item_without_an_output_is_kept_and_an_empty_output_is_one() -> None:
    assert row({"prompt": "P"}).outputs == []
    assert row({"prompt": "P", "output": None}).outputs == []
    assert row({"prompt": "P", "output": ""}).outputs == [OutputRow("")]


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ([1], "a record must be a JSON object, not a list"),
        ({}, "prompt is missing; the fields are: none"),
        ({"output": "x"}, "prompt is missing; the fields are: 'output'"),
        ({"prompt": 3, "output": "x"}, "prompt must be text, not a number"),
        ({"prompt": " \n", "output": "x"}, "prompt is empty"),
        ({"prompt": "p", "output": 3}, "output must be text, not a number"),
        ({"prompt": "p", "output": True}, "output must be text, not true or false"),
        ({"prompt": "p", "outputs": {"a": 1}}, "outputs.a must be text"),
        ({"prompt": "p", "outputs": [1]}, "outputs[0] must be an object or text"),
        ({"prompt": "p", "outputs": [{"system": "a"}]}, "outputs[0] has neither text nor parts"),
        ({"prompt": "p", "outputs": [{"text": "a", "sample": -1}]}, "outputs[0].sample must be a whole number"),
        ({"prompt": "p", "outputs": [{"parts": [{"role": "user"}]}]}, "outputs[0].parts[0] has no content"),
        ({"prompt": "p", "outputs": [{"parts": [3]}]}, "outputs[0].parts[0] must be an object"),
        ({"prompt": "p", "outputs": [{"text": "x"}, {"text": "y"}]}, "outputs hold system '' sample 0 twice"),
        ({"prompt": "p", "context": 3}, "context must be text or a list of documents"),
        ({"prompt": "p", "context": [{"title": "t"}]}, "context[0] has no text"),
        ({"prompt": "p", "context": [{"text": "t", "title": []}]}, "context[0].title must be text"),
        ({"prompt": "p", "reference": {"a": 1}}, "reference must be text, not an object"),
        ({"prompt": "p", "metadata": "x"}, "metadata must be an object"),
        ({"prompt": "p", "tags": [1]}, "tags[0] must be text"),
        ({"prompt": "p", "rubric": "r"}, "rubric must be an object"),
        ({"prompt": "p", "id": {"a": 1}}, "id must be text"),
        ({"prompt": "p", "id": 1e30}, "id is a number too large"),
        ({"messages": []}, "messages is empty"),
        ({"messages": "x"}, "messages must be a list"),
        ({"messages": [{"content": "x"}]}, "messages[0] has no role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0] is not text"),
        (b"{", "not valid JSON at character 2"),
        (b'{"prompt": NaN}', "not valid JSON at character"),
        (b'{"prompt": "caf\xe9"}', "byte 16 of the record (0xE9) is not valid UTF-8"),
    ],
)
def test_a_reject_names_the_field(record: Any, says: str) -> None:
    assert says in reason(record)


def test_nul_and_lone_surrogates_become_visible_and_are_counted() -> None:
    made = row_of_json(rb'{"prompt": "a\u0000b\ud800c \\u0000 \ud83d\ude00", "output": "\udc00"}', 1, None)
    assert isinstance(made, ItemRow)
    assert made.prompt[0]["text"] == "a\\u0000b\\ud800c \\u0000 \N{GRINNING FACE}"
    assert made.outputs[0].text == "\\udc00"
    assert made.escaped == 3


@given(st.text(st.characters(), max_size=40))
def test_any_text_that_json_can_write_comes_out_storable(text: str) -> None:
    value, escaped = loads(json.dumps([text]).encode())
    hostile = sum(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)
    # Two lone halves that meet are one character in JSON.
    assert escaped <= hostile
    assert value[0].encode().find(b"\0") < 0
    if not hostile:
        assert value == [text]


def test_what_is_nested_too_deeply_to_be_stored_is_a_reject() -> None:
    deep: Any = "x"
    for _ in range(DEPTH_LIMIT - 2):
        deep = [deep]
    row({"prompt": "p", "metadata": {"deep": deep}, "wide": [[]] * 500})
    assert "nested deeper" in reason({"prompt": "p", "metadata": {"deep": [[deep]]}})
    with pytest.raises(FieldFault):
        loads(b"[" * 100_000)
