"""What goes to an endpoint and what is read of its responses: both providers, whatever they send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.triage.judge import calls, providers
from reviewer.triage.judge.calls import Account, OutOfBudget, tokens_in
from reviewer.triage.judge.prompt import Asked
from reviewer.triage.judge.providers import Exchange, NoReply, Reply
from reviewer.triage.judge.spec import JudgeSpec, parse_judge

ASKED = Asked("Judge.", "This text.", {"type": "object", "properties": {}})


def spec(provider: str = "openai", **more: Any) -> JudgeSpec:
    return parse_judge(orjson.dumps({"name": "n", "provider": provider, "model": "m", **more}).decode())


def body(judge: JudgeSpec, sample: int = 0, before: tuple[Exchange, ...] = ()) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(providers.request(judge, ASKED, sample, before))
    return told


def read(provider: str, **told: Any) -> Reply:
    return providers.read(spec(provider), orjson.dumps(told))


def test_what_is_not_set_is_not_sent() -> None:
    told = body(spec(parameters={"temperature": 0, "max_tokens": 100}))
    assert set(told) == {"model", "messages", "temperature", "max_tokens", "response_format"}
    assert told["response_format"]["json_schema"]["strict"] is True
    assert "response_format" not in body(spec(structured="plain"))
    assert body(spec(structured="json_object"))["response_format"] == {"type": "json_object"}
    newer = body(spec(parameters={"max_completion_tokens": 50}))
    assert newer["max_completion_tokens"] == 50
    assert "max_tokens" not in newer


def test_a_seed_goes_up_with_the_sample_and_the_same_question_has_the_same_bytes() -> None:
    judge = spec(parameters={"seed": 5})
    assert [body(judge, sample)["seed"] for sample in (0, 3)] == [5, 8]
    assert providers.request(judge, ASKED, 0) == providers.request(judge, ASKED, 0)
    hashes = {providers.request_hash(judge, sample, providers.request(judge, ASKED, 0)) for sample in (0, 1)}
    assert len(hashes) == 2


def test_a_repair_repeats_the_answer_and_says_what_is_wrong() -> None:
    told = body(spec(), before=(Exchange("nonsense", "Again."), Exchange("", "And again.")))
    roles = [(one["role"], one["content"]) for one in told["messages"]]
    assert roles[2:] == [("assistant", "nonsense"), ("user", "Again."), ("assistant", "-"), ("user", "And again.")]


def test_anthropic_is_asked_by_a_tool_that_must_be_used() -> None:
    told = body(spec("anthropic"))
    assert told["system"] == "Judge."
    assert told["tools"][0]["input_schema"] == ASKED.schema
    assert told["tool_choice"] == {"type": "tool", "name": told["tools"][0]["name"]}
    assert told["max_tokens"] == 1024
    assert providers.headers(spec("anthropic"), "k")["x-api-key"] == "k"
    assert "authorization" not in providers.headers(spec(), "")
    assert providers.address(spec("anthropic")) == "https://api.anthropic.com/v1/messages"


def test_answers_refusals_and_cut_off_answers_are_told_apart() -> None:
    def openai(message: dict[str, Any], reason: str = "stop") -> Reply:
        return read("openai", choices=[{"message": message, "finish_reason": reason}], usage={"prompt_tokens": 3})

    assert openai({"content": "{}"}) == Reply("{}", "stop", 3, None)
    assert openai({"content": "half", "refusal": None}, "length").ended == "length"
    assert openai({"content": None, "refusal": "No."}) == Reply("No.", "refused", 3, None)
    assert openai({"content": ""}, "content_filter").ended == "refused"
    assert openai({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}).text == "ab"
    used = {"type": "tool_use", "input": {"values": {"score": 1}}}
    told = read("anthropic", content=[used], stop_reason="tool_use", usage={"input_tokens": 1, "output_tokens": 2})
    assert told == Reply('{"values":{"score":1}}', "stop", 1, 2)
    spoken = {"type": "text", "text": "I think"}
    assert read("anthropic", content=[spoken], stop_reason="max_tokens") == Reply("I think", "length", None, None)
    assert read("anthropic", content=[], stop_reason="refusal").ended == "refused"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"<html>",
        b'{"choices": []}',
        b'{"choices": [{"message": null}]}',
        b'{"error": {"x": 1}}',
        b'{"choices": [{"message": {"content": 5}}]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_is_none(content: bytes) -> None:
    with pytest.raises(NoReply):
        providers.read(spec(), content)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda one: (
            st.lists(one)
            | st.dictionaries(
                st.sampled_from(
                    ["choices", "message", "content", "usage", "prompt_tokens", "refusal", "type", "input"]
                ),
                one,
            )
        ),
    )
)
def test_any_json_is_an_answer_or_none(told: Any) -> None:
    try:
        content = orjson.dumps(told)
    except (TypeError, orjson.JSONEncodeError):
        return
    for provider in ("openai", "anthropic"):
        try:
            reply = providers.read(spec(provider), content)
        except NoReply:
            continue
        assert isinstance(reply.text, str)


def test_a_retry_may_be_advised_in_seconds_or_as_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    advised = calls._advised(soon)
    assert advised is not None
    assert 25 < advised <= 30
    assert calls._advised("7") == 7
    assert calls._advised(format_datetime(datetime(2001, 1, 1, tzinfo=UTC), usegmt=True)) == 0
    for nothing in (None, "", "soon", "-", "1e999", "99:99"):
        assert calls._advised(nothing) is None


def test_a_budget_counts_what_is_set_aside() -> None:
    account = Account(budget=1.0, spent=0.5)
    account.reserve(0.3)
    with pytest.raises(OutOfBudget):
        account.reserve(0.3)
    account.settle(0.3, 0.1)
    account.reserve(0.3)
    account.settle(0.3, None)
    assert (round(account.spent, 9), round(account.cost, 9)) == (0.9, 0.1)


def test_tokens_are_guessed_by_script() -> None:
    assert tokens_in("a" * 400) == 101
    assert tokens_in("査" * 100) == 101
