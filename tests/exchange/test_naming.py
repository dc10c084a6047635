"""Names of systems in outputs, keys, tags and metadata: what is found, what is not, and what a mask keeps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.exchange.naming import Named, Naming
from reviewer.exchange.rows import ItemRow, OutputRow
from reviewer.store.masking import MASK, output_hash, unmasked_hash

SYSTEMS = [("model-a", "1"), ("gpt-4-turbo", ""), ("lmsys/vicuna-13b-v1.5", ""), ("base", ""), ("x1", ""), ("2024", "")]


def row(*texts: str, prompt: str = "Who are you?", context: str = "", key: str = "k", **more: Any) -> ItemRow:
    outputs = [OutputRow(text) for text in texts]
    documents = [{"title": "", "text": context}] if context else []
    given = {"meta": {}, "tags": [], "rubric": None} | more
    return ItemRow(1, key, [{"role": "user", "text": prompt}], documents, None, outputs, **given)


def looked(rows: Iterable[ItemRow], *, mask: bool = False) -> tuple[list[str], Named, list[str | None]]:
    """What was listed, counted and recorded."""
    listed: list[str] = []
    naming = Naming(SYSTEMS, mask=mask, on_found=listed.append)
    recorded = [entry for each in rows for entry in naming.look_at(each, each.key)]
    return listed, naming.named, recorded


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("As ChatGPT, I cannot.", "'As ChatGPT'"),
        ("Sure. as chatgpt I say so", "'as chatgpt'"),
        ("I'm Claude, made by Anthropic.", "'I'm Claude', 'I'm Claude, made by Anthropic'"),
        ("I’m Claude.", "'I’m Claude'"),
        ("My name is\n Bard!", "'My name is Bard'"),
        ("As Gemini, I agree.", "'As Gemini'"),
        ("I was trained by Google.", "'I was trained by Google'"),
        ("An assistant named Llama 2 speaks", "'assistant named Llama 2'"),
        ("See OpenAI's policy", "'OpenAI'"),
        ("(GPT-4o-mini)", "'GPT-4o-mini'"),
        ("gpt-4-turbo wrote it", "'gpt-4-turbo'"),
        ("MODEL-A wrote it", "'MODEL-A'"),
        ("model-a_2", "'model-a_2'"),
        ("Vicuna 13b wrote it", "'Vicuna 13b'"),
        ("from lmsys/vicuna-13b-v1.5", "'lmsys/vicuna-13b-v1.5'"),
    ],
)
def test_an_output_that_names_a_system_is_listed(text: str, said: str) -> None:
    listed, named, recorded = looked([row("nothing", text)])
    assert listed == [f"item k: an output says {said}"]
    assert (named.outputs, named.fields, named.masked) == (1, 0, 0)
    assert recorded == [None, None]


@pytest.mark.parametrize(
    "text",
    [
        "The base of it is gold.",
        "Claude Monet painted it; Google bought a Gemini capsule.",
        "such as Google and as Apple did",
        "chatgpts and egpt, a supermodel-after-all, 2024, x1",
        "It was built in 1890 by Palm.",
        "",
    ],
)
def test_what_names_no_system_is_left_alone(text: str) -> None:
    listed, named, _ = looked([row(text)], mask=True)
    assert (listed, named.count) == ([], 0)


def test_a_subject_of_the_prompt_or_context_is_no_confession() -> None:
    about = [
        row("OpenAI made ChatGPT.", prompt="Who made ChatGPT?", context="OpenAI is a firm."),
        row("I am Claude.", prompt="Are you Claude?"),
    ]
    assert looked(about)[0] == []
    listed, *_ = looked([row("OpenAI made ChatGPT.", prompt="Who made ChatGPT?")])
    assert listed == ["item k: an output says 'OpenAI'"]


def test_keys_tags_and_metadata_that_name_a_system_are_listed() -> None:
    naming = row("x", key="kyc-gpt-4-turbo_17", tags=["ok", "by Model-A"], meta={"from": {"llm": ["gpt-4"]}, "n": 3})
    listed, named, _ = looked([naming, row("x", key="chatgpt"), row("x", key="base")])
    assert listed == [
        "item kyc-gpt-4-turbo_17: its key names 'gpt-4-turbo'",
        "item kyc-gpt-4-turbo_17: the tag 'by Model-A' names 'Model-A'",
        "item kyc-gpt-4-turbo_17: the metadata 'from' names 'gpt'",
    ]
    assert (named.outputs, named.fields, named.count) == (0, 3, 3)


def test_metadata_that_raters_see_may_be_called_like_a_system() -> None:
    listed: list[str] = []
    naming = Naming(SYSTEMS, mask=False, on_found=listed.append)
    naming.look_at_settings({"show": ["risk", "score of model-a"]})
    naming.look_at_settings({})
    assert listed == ["the setting show=score of model-a names 'model-a'"]


def test_systems_are_known_from_the_rows_that_bring_them() -> None:
    listed: list[str] = []
    naming = Naming([], mask=False, on_found=listed.append)
    naming.look_at(row("zephyr-7b speaks"), "k")
    assert listed == []
    given = row("Zephyr speaks")
    given.outputs.append(OutputRow("x", system="zephyr-7b"))
    naming.learn([given])
    naming.look_at(given, "k")
    assert listed == ["item k: an output says 'Zephyr'"]


def test_a_mask_hides_the_name_and_records_it() -> None:
    given = row("I'm Claude 2, not model-a.", "fine")
    given.outputs[1].parts = [
        {"role": "assistant", "kind": "text", "name": "", "text": "ok"},
        {"role": "user", "kind": "text", "name": "", "text": "Thanks"},
        {"role": "assistant", "kind": "text", "name": "", "text": "Yours, OpenAI"},
    ]
    listed, named, recorded = looked([given], mask=True)
    assert len(listed) == 2
    assert given.outputs[0].text == f"I'm {MASK}, not {MASK}."
    assert [part["text"] for part in given.outputs[1].parts] == ["ok", "Thanks", f"Yours, {MASK}"]
    assert [orjson.loads(entry or "") for entry in recorded] == [
        [[None, 4, "Claude 2"], [None, 13, "model-a"]],
        [[2, 7, "OpenAI"]],
    ]
    assert named.masked == 3


PIECES = st.sampled_from(
    ["ChatGPT", "I'm Claude", "model-a", MASK, "…", " ", ", ", "\n", "é", "𝄞", "İ", "word", "As ", "[", "]"]
)


@given(texts=st.lists(st.lists(PIECES, max_size=8).map("".join), min_size=1, max_size=4))
def test_what_the_file_said_can_be_told_from_what_is_kept(texts: list[str]) -> None:
    given_ = row(texts[0])
    [output] = given_.outputs
    output.parts = [{"kind": "text", "name": "", "role": "assistant", "text": text} for text in texts[1:]]

    def parts() -> bytes:
        return orjson.dumps(output.parts, option=orjson.OPT_SORT_KEYS)

    before = output_hash(output.text, parts())
    _, _, [masked] = looked([given_], mask=True)
    assert unmasked_hash(output.text, parts().decode(), masked) == before
    for part, offset, _name in orjson.loads(masked or "[]"):
        text = output.text if part is None else output.parts[part]["text"]
        assert text[offset : offset + len(MASK)] == MASK


@given(names=st.lists(st.text(max_size=12), max_size=5), text=st.text(max_size=40), mask=st.booleans())
def test_any_name_may_be_looked_for_in_any_text(names: list[str], text: str, mask: bool) -> None:
    listed: list[str] = []
    naming = Naming([(name, "") for name in names], mask=mask, on_found=listed.append)
    given_ = row(text, *names, key=text, tags=names, meta={text: names})
    assert len(naming.look_at(given_, text)) == len(names) + 1
