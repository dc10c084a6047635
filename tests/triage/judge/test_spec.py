"""A judge's file: what is taken, what is refused and where, and what makes another judge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import BadInput
from reviewer.triage.judge.spec import Limits, Parameters, Prices, address_fault, load_judge, parse_judge

WHOLE = """
name: careful
provider: openai
base_url: https://models.example.org:8443/v1/
model: canned-1
family: canned
system: You are a nurse.
instructions: |
  Be strict.
parameters: {temperature: 0, top_p: 0.9, max_tokens: 300, seed: 7}
samples: 3
both_orders: false
structured: json_object
prices: {input: 2.5, output: 10}
limits: {concurrency: 16, requests_per_minute: 90.5, timeout: 30, attempts: 4, budget: 5}
"""
LEAST = "name: careful\nprovider: openai\nmodel: canned-1\n"


def refused(text: str) -> BadInput:
    with pytest.raises(BadInput) as caught:
        parse_judge(text, "judge.yaml")
    return caught.value


def test_a_whole_file_is_taken() -> None:
    spec = parse_judge(WHOLE)
    assert (spec.name, spec.provider, spec.model, spec.family) == ("careful", "openai", "canned-1", "canned")
    assert (spec.base_url, spec.host) == ("https://models.example.org:8443/v1", "models.example.org:8443")
    assert (spec.system, spec.instructions) == ("You are a nurse.", "Be strict.")
    assert spec.parameters == Parameters(temperature=0, top_p=0.9, max_tokens=300, seed=7)
    assert (spec.samples, spec.both_orders, spec.structured) == (3, False, "json_object")
    assert spec.prices == Prices(2.5, 10)
    assert spec.limits == Limits(concurrency=16, requests_per_minute=90.5, timeout=30, attempts=4, budget=5)
    assert json.loads(json.dumps(spec.document()))["limits"]["budget"] == 5


@pytest.mark.parametrize(("provider", "host"), [("openai", "api.openai.com"), ("anthropic", "api.anthropic.com")])
def test_the_least_file_has_the_providers_own_address(provider: str, host: str) -> None:
    spec = parse_judge(f"\ufeffname: careful\nprovider: {provider}\nmodel: canned-1\n")
    assert (spec.host, spec.samples, spec.both_orders, spec.structured) == (host, 1, True, "json_schema")
    assert (spec.prices, spec.limits.budget, spec.parameters.longest) == (None, None, 1024)


def test_a_file_is_read_and_named_in_complaints(tmp_path: Path) -> None:
    path = tmp_path / "judge.yaml"
    path.write_text(WHOLE, encoding="utf-8")
    assert load_judge(path) == parse_judge(WHOLE)
    path.write_text(f"{LEAST}samples: 0\n", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_judge(path)
    assert caught.value.where == f"{path}:4"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("colour: red", "unknown key"),
        ("api_key: abc", "unknown key"),
        ("parameters: {top_k: 4}", "unknown key"),
        ("parameters: 5", "parameters must be a mapping"),
        ("parameters: {temperature: 3}", "parameters.temperature must be 0 to 2"),
        ("parameters: {temperature: hot}", "parameters.temperature must be a number"),
        ("parameters: {temperature: .nan}", "parameters.temperature must be a number"),
        ("parameters: {max_tokens: 1.5}", "parameters.max_tokens must be a whole number"),
        ("parameters: {max_tokens: true}", "parameters.max_tokens must be a number"),
        ("parameters: {max_tokens: 5, max_completion_tokens: 5}", "stands beside"),
        ("samples: 0", "samples must be 1 to 100"),
        ("samples: 1000", "samples must be 1 to 100"),
        (f"samples: 1{'0' * 400}", "samples must be"),
        ("both_orders: perhaps", "both_orders must be true or false"),
        ("structured: xml", "structured must be one of json_schema, json_object, plain"),
        ("structured: [plain]", "structured must be one of"),
        ("prices: {input: 1}", "prices.output is missing"),
        ("prices: {input: -1, output: 1}", "prices.input must be"),
        ("limits: {budget: 1}", "limits.budget needs prices"),
        ("limits: {concurrency: 0}", "limits.concurrency must be 1 to 512"),
        ("limits: {timeout: 0}", "limits.timeout must be"),
        ("limits: {attempts: 0}", "limits.attempts must be"),
        ("limits: {requests_per_minute: -1}", "limits.requests_per_minute must be"),
        ("base_url: ftp://models.example.org", "must begin with https"),
        ("base_url: http://models.example.org/v1", "must begin with https"),
        ("base_url: https://ann:secret@models.example.org", "must not hold a password"),
        ("base_url: https://models.example.org/v1?key=secret", "must not hold a password"),
        ("base_url: models.example.org", "must begin with https"),
        ("system: 5", "system must be text"),
        ('system: "a\\0b"', "NUL"),
        ('family: "a\\nb"', "family must be 1 to 100 characters on one line"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(line: str, why: str) -> None:
    error = refused(f"{LEAST}{line}\n")
    assert why in error.what
    assert error.where == "judge.yaml:4"
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("structured: json_object", "json_object is none of anthropic"),
        ("parameters: {seed: 1}", "parameters.seed is not known"),
        ("parameters: {max_completion_tokens: 9}", "parameters.max_completion_tokens is not known"),
        ("parameters: {temperature: 1.5}", "parameters.temperature must be 0 to 1"),
    ],
)
def test_what_a_provider_does_not_know_is_told(line: str, why: str) -> None:
    assert why in refused(f"name: careful\nprovider: anthropic\nmodel: canned-1\n{line}\n").what


def test_every_complaint_is_told_at_once() -> None:
    error = refused("model: ''\nprovider: other\nsamples: no\n")
    for why in ("name is missing", "model must be", "provider must be one of openai, anthropic", "samples must be"):
        assert why in error.what


@pytest.mark.parametrize("text", ["", "- a", "a: [", "name: a\nname: b\n", "&a [*a]"])
def test_what_is_no_judge_is_refused(text: str) -> None:
    assert refused(text).where.startswith("judge.yaml:")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://127.0.0.1:8000/v1", "127.0.0.1:8000"),
        ("http://localhost/v1", "localhost"),
        ("http://[::1]:8000/v1", "[::1]:8000"),
        ("https://models.example.org:443", "models.example.org"),
        # A Cyrillic letter among Latin ones is not shown as what it looks like.
        ("https://\u0430pi.example.org", "xn--pi-6kc.example.org"),
    ],
)
def test_a_host_is_named_as_it_is_reached(url: str, host: str) -> None:
    assert address_fault(url) == ""
    assert parse_judge(f"{LEAST}base_url: {url}\n").host == host


def test_what_changes_answers_makes_another_judge_and_nothing_else_does() -> None:
    plain = parse_judge(WHOLE).version("rubric")
    same = {
        "name: careful": "name: other",
        "samples: 3": "samples: 4",
        "concurrency: 16": "concurrency: 2",
        "input: 2.5": "input: 3",
        ":8443": "",
        "both_orders: false": "both_orders: true",
    }
    other = {
        "model: canned-1": "model: canned-2",
        "temperature: 0,": "temperature: 1,",
        "seed: 7": "seed: 8",
        "Be strict.": "Be kind.",
        "a nurse": "a teacher",
        "structured: json_object": "structured: plain",
        "max_tokens: 300": "max_completion_tokens: 300",
    }
    for changes, alike in ((same, True), (other, False)):
        for old, new in changes.items():
            changed = WHOLE.replace(old, new)
            assert changed != WHOLE
            assert (parse_judge(changed).version("rubric") == plain) is alike
    assert parse_judge(WHOLE).version("another rubric") != plain


def test_prices_are_of_a_million_tokens() -> None:
    assert Prices(2.5, 10).of(200_000, 100_000) == pytest.approx(1.5)


DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
)
KEYS = st.sampled_from(
    [
        "name",
        "provider",
        "base_url",
        "model",
        "family",
        "system",
        "samples",
        "structured",
        "prices",
        "limits",
        "parameters",
    ]
)


@given(st.text() | st.dictionaries(KEYS, DATA).map(json.dumps))
def test_any_text_is_a_judge_or_bad_input(text: Any) -> None:
    try:
        spec = parse_judge(text)
    except BadInput:
        return
    assert spec.name
