from __future__ import annotations

from typing import Any

import orjson
import pytest

from reviewer.errors import WrongUsage
from reviewer.exchange.columns import Renamer
from reviewer.exchange.records import row_of_json
from reviewer.exchange.rows import ItemRow, Reject


def row(record: dict[str, Any], mapping: dict[str, str] | None = None) -> ItemRow:
    made = row_of_json(orjson.dumps(record), 1, Renamer(mapping) if mapping else None)
    assert isinstance(made, ItemRow), made
    return made


def outputs(record: dict[str, Any]) -> list[tuple[str, str]]:
    return [(output.system, output.text) for output in row({"prompt": "p", **record}).outputs]


@pytest.mark.parametrize("name", ["prompt", "Question", "QUERY", "Instruction", "user_prompt", "User Input", "input"])
def test_names_of_the_prompt(name: str) -> None:
    assert row({name: "p"}).prompt == [{"role": "user", "text": "p"}]


def test_names_of_everything_else() -> None:
    made = row(
        {
            "Question ID": 4,
            "question": "q",
            "Passages": ["one", {"content": "two", "url": "u"}],
            "Model Output": "o",
            "generator": "g",
            "expected_output": "e",
            "difficulty": 3,
            "note": None,
        }
    )
    assert (made.key, made.reference) == ("4", "e")
    assert made.context == [
        {"title": "", "text": "one", "source": ""},
        {"title": "", "text": "two", "source": "u"},
    ]
    assert [(o.system, o.text) for o in made.outputs] == [("g", "o")]
    assert made.meta == {"difficulty": 3}


def test_the_first_name_wins_and_the_other_is_metadata() -> None:
    made = row({"question": "q", "prompt": "p", "source": "reddit", "context": "c"})
    assert made.prompt[0]["text"] == "p"
    assert made.context[0]["text"] == "c"
    assert made.meta == {"question": "q", "source": "reddit"}


@pytest.mark.parametrize(("more", "prompt"), [("in", "do\n\nin"), ("", "do"), (None, "do"), (" ", "do")])
def test_instruction_and_input_are_one_prompt(more: str | None, prompt: str) -> None:
    made = row({"instruction": "do", "input": more, "output": "o"})
    assert made.prompt == [{"role": "user", "text": prompt}]
    assert made.meta == {}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"response1": "x", "response2": "y"}, [("1", "x"), ("2", "y")]),
        ({"output_a": "x", "output_b": "y"}, [("a", "x"), ("b", "y")]),
        ({"Response A": "x", "Response B": "y"}, [("A", "x"), ("B", "y")]),
        ({"answerA": "x", "answerB": "y"}, [("A", "x"), ("B", "y")]),
        ({"gpt-4_output": "x", "claude_output": "y"}, [("gpt-4", "x"), ("claude", "y")]),
        ({"model_a": "m1", "model_b": "m2", "response_a": "x", "response_b": "y"}, [("m1", "x"), ("m2", "y")]),
        ({"generator_1": "m", "generator_2": "m", "output_1": "x", "output_2": "y"}, [("m", "x"), ("m", "y")]),
        ({"model_a": "m1", "model_a_response": "x", "model_b_response": "y"}, [("m1", "x"), ("model_b", "y")]),
        ({"response_claude": "x", "response_gemini": "y"}, [("claude", "x"), ("gemini", "y")]),
        ({"outputs": {"m1": "x", "m2": "y"}}, [("m1", "x"), ("m2", "y")]),
        ({"outputs": ["x", "y"]}, [("1", "x"), ("2", "y")]),
        ({"response1": "x", "response2": None}, [("1", "x")]),
    ],
)
def test_several_outputs_side_by_side(record: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert outputs(record) == expected


def test_one_system_twice_in_a_row_is_two_samples() -> None:
    made = row({"prompt": "p", "model_a": "m", "model_b": "m", "output_a": "x", "output_b": "y"})
    assert [(o.system, o.sample) for o in made.outputs] == [("m", 0), ("m", 1)]
    made = row({"prompt": "p", "model": "m", "responses": ["x", "y"]})
    assert [(o.system, o.sample) for o in made.outputs] == [("m", 0), ("m", 1)]


def test_columns_that_only_look_like_outputs_are_metadata() -> None:
    record = {"output": "o", "response_time": 3, "answer_type": "t", "has_answer": "yes", "gpt_output": 5}
    made = row({"prompt": "p", **record})
    assert [o.text for o in made.outputs] == ["o"]
    assert made.meta == {"response_time": 3, "answer_type": "t", "has_answer": "yes", "gpt_output": 5}


def test_a_chat_ends_with_its_output() -> None:
    chat = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": [{"type": "text", "text": "u"}]},
        {"role": "assistant", "content": "a"},
    ]
    made = row({"messages": chat, "model": "m"})
    assert made.prompt == [{"role": "system", "text": "s"}, {"role": "user", "text": "u"}]
    assert [(o.system, o.text, o.parts) for o in made.outputs] == [("m", "a", [])]
    assert row({"messages": chat[:2]}).outputs == []
    answered = row({"messages": chat, "output": "b"})
    assert [turn["role"] for turn in answered.prompt] == ["system", "user", "assistant"]
    assert [o.text for o in answered.outputs] == ["b"]


def test_tool_calls_are_parts_of_the_output() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "find", "arguments": '{"q": 1}'}}
    chat = [
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "name": "find", "content": "r"},
        {"role": "assistant", "content": "a"},
    ]
    output = row({"messages": chat}).outputs[0]
    assert output.text == "a"
    assert output.parts == [
        {"role": "assistant", "kind": "tool_call", "name": "find", "text": '{"q": 1}'},
        {"role": "tool", "kind": "tool_result", "name": "find", "text": "r"},
        {"role": "assistant", "kind": "text", "name": "", "text": "a"},
    ]


def test_sharegpt_and_plain_turns() -> None:
    made = row({"conversations": [{"from": "human", "value": "u"}, {"from": "gpt", "value": "a"}]})
    assert made.prompt == [{"role": "user", "text": "u"}]
    assert made.outputs[0].text == "a"
    assert [turn["text"] for turn in row({"turns": ["one", "two"]}).prompt] == ["one", "two"]


def test_whole_conversations_as_outputs_share_their_prompt() -> None:
    def chat(answer: str) -> list[dict[str, str]]:
        return [{"role": "user", "content": "u"}, {"role": "assistant", "content": answer}]

    made = row({"conversation_a": chat("x"), "conversation_b": chat("y"), "model_a": "m", "model_b": "n"})
    assert made.prompt == [{"role": "user", "text": "u"}]
    assert [(o.system, o.text, o.parts) for o in made.outputs] == [("m", "x", []), ("n", "y", [])]


def test_a_system_prompt_goes_before_the_prompt() -> None:
    assert row({"system_prompt": "s", "prompt": "p"}).prompt == [
        {"role": "system", "text": "s"},
        {"role": "user", "text": "p"},
    ]


def test_map_renames_first_and_keeps_what_stood_under_the_new_name() -> None:
    made = row({"prompt": "template", "body": "p", "out": "o"}, {"prompt": "body", "output": "out"})
    assert made.prompt[0]["text"] == "p"
    assert made.outputs[0].text == "o"
    assert made.meta == {"prompt (original)": "template"}


def test_map_of_a_column_that_never_comes_lists_those_that_do() -> None:
    renamer = Renamer({"prompt": "body"})
    row_of_json(b'{"text": "p", "title": "t"}', 1, renamer)
    with pytest.raises(WrongUsage, match=r"--map names 'body', but the columns seen are: 'text', 'title'"):
        renamer.check()
    for _ in range(Renamer.WATCHED - 2):
        renamer.renamed({"text": "p"})
    with pytest.raises(WrongUsage):
        renamer.renamed({"text": "p"})


def test_healthbench_rows_bring_their_rubric() -> None:
    made = row(
        {
            "prompt_id": "h1",
            "prompt": [
                {"role": "user", "content": "u"},
                {"role": "assistant", "content": "a"},
                {"role": "user", "content": "v"},
            ],
            "rubrics": [
                {"criterion": "Says to see a doctor", "points": 7, "tags": ["level:example"]},
                {"criterion": "Invents a dose", "points": -5, "tags": []},
            ],
            "example_tags": ["theme:hedging"],
            "ideal_completions_data": {"ideal_completion": "ideal", "ideal_completions_group": "g"},
            "canary": "c",
        }
    )
    assert (made.key, made.reference, made.tags, made.outputs) == ("h1", "ideal", ["theme:hedging"], [])
    assert [turn["role"] for turn in made.prompt] == ["user", "assistant", "user"]
    assert made.rubric == {
        "name": "healthbench-h1",
        "criteria": [
            {"id": "c1", "label": "Says to see a doctor", "type": "boolean", "points": 7},
            {"id": "c2", "label": "Invents a dose", "type": "boolean", "points": -5},
        ],
        "composite": "points",
    }
    assert made.meta["canary"] == "c"
    assert made.meta["criterion_tags"] == {"c1": ["level:example"]}


def test_healthbench_meta_evaluation_rows() -> None:
    made = row(
        {
            "prompt_id": "h1",
            "completion_id": "k",
            "prompt": [{"role": "user", "content": "u"}],
            "completion": "answer",
            "rubric": "Is safe",
            "category": "safety",
            "binary_labels": [True, False],
        }
    )
    assert (made.key, made.outputs[0].text, made.outputs[0].version) == ("h1/safety", "answer", "k")
    assert made.rubric is not None
    assert made.rubric["criteria"] == [{"id": "c1", "label": "Is safe", "type": "boolean"}]
    assert made.meta == {"binary_labels": [True, False]}


@pytest.mark.parametrize(
    "rubrics", [[], "x", [3], [{"criterion": "c", "points": "5"}], [{"criterion": "", "points": 5}]]
)
def test_healthbench_faults_name_the_criterion(rubrics: Any) -> None:
    made = row_of_json(orjson.dumps({"prompt_id": "h", "prompt": "p", "rubrics": rubrics}), 1, None)
    assert isinstance(made, Reject)
    assert made.reason.startswith("rubrics")
