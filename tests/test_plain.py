"""Plain mode: every way of answering, every command, and what happens when the disk or the line fails."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.errors import BadInput
from reviewer.plain import run
from reviewer.plain.answers import numbers_in, read_answer, scale_line, value_line
from reviewer.plain.commands import COMMANDS, by_colon, by_word
from reviewer.plain.orders import ORDERS
from reviewer.rubric import Criterion, value_fault
from reviewer.session.sitting import Sitting
from reviewer.store import queues
from reviewer.store.connection import Store
from tests.plain_script import QUEUE, RATER, RUBRIC, item, labels_of, make_queue, put_rubric, sit

DONE = ["4", "yes", "", ""]
HOSTILE = "\x1b[2J\x1b]0;owned\x07 [@click=app.quit]x[/] \u202eback \x9b31m \r over\x00 \u2028 漢字 e\u0301 👩\u200d🔬"
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_queue(tmp_path, [item(number) for number in range(1, 6)])


def criterion(**said: Any) -> Criterion:
    return Criterion.model_validate({"id": "c", "label": "It", **said})


SCALE = criterion(type="scale", min=1, max=10, direction="lower", allow_na=True)
SIGNED = criterion(type="scale", min=-2, max=2)
BOOLEAN = criterion(type="boolean")
CHOICE = criterion(type="choice", options=["refund", {"value": "b", "label": "Send it again"}, "no"])
MULTI = criterion(type="multi", required=False, options=["warm", {"value": "c", "label": "Far too cold"}, "short"])
NUMBER = criterion(type="number", max=10)
TEXT = criterion(type="text")
OF_EACH_TYPE = (SCALE, SIGNED, BOOLEAN, CHOICE, MULTI, NUMBER, TEXT)


@pytest.mark.parametrize(
    ("asked", "line", "value"),
    [
        (SCALE, "10", 10),
        (SCALE, " 3 ", 3),
        (SCALE, "-", None),
        (SCALE, "n/a", None),
        (SIGNED, "-2", -2),
        (BOOLEAN, "y", True),
        (BOOLEAN, "1", True),
        (BOOLEAN, "NO", False),
        (BOOLEAN, "0", False),
        (CHOICE, "2", "b"),
        (CHOICE, "send IT again", "b"),
        (CHOICE, "no", "no"),
        (MULTI, "3 1", ["warm", "short"]),
        (MULTI, "3,warm", ["warm", "short"]),
        (MULTI, "Far too cold", ["c"]),
        (MULTI, "far too cold, 1", ["warm", "c"]),
        (MULTI, "none", []),
        (MULTI, "0", []),
        (NUMBER, "-2.5", -2.5),
        (TEXT, "  two words ", "two words"),
    ],
)
def test_a_line_is_read_as_the_value_that_it_stands_for(asked: Criterion, line: str, value: object) -> None:
    read = read_answer(asked, line)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (SCALE, "0"),
        (SCALE, "eleven"),
        (SIGNED, "-"),
        (BOOLEAN, "2"),
        (BOOLEAN, "maybe"),
        (CHOICE, "4"),
        (CHOICE, "0"),
        (MULTI, "1 4"),
        (MULTI, "1, hot"),
        (NUMBER, "11"),
        (NUMBER, "1e999"),
    ],
)
def test_what_is_no_answer_is_refused_with_what_is_one(asked: Criterion, line: str) -> None:
    with pytest.raises(BadInput, match=r"^It: ") as refused:
        read_answer(asked, line)
    assert scale_line(asked) in str(refused.value)


@given(st.sampled_from(OF_EACH_TYPE), st.text())
def test_whatever_is_typed_makes_a_right_value_or_a_sentence(asked: Criterion, line: str) -> None:
    try:
        value = read_answer(asked, line)
    except BadInput:
        return
    assert value_fault(asked, value) == ""
    assert value_line(asked, value) or asked.type == "text"


def test_scales_are_said_in_one_line() -> None:
    levels = {"1": "Contradicts", "3": "Half", "5": "Fully supported"}
    assert scale_line(criterion(type="scale", min=1, max=5, allow_na=True, levels=levels)) == (
        "1 Contradicts … 5 Fully supported; - not applicable"
    )
    assert scale_line(SCALE) == "1 … 10, lower is better; - not applicable"
    assert scale_line(BOOLEAN) == "1 yes, 0 no"
    assert scale_line(CHOICE) == "1: refund, 2: Send it again, 3: no"
    assert scale_line(NUMBER) == "a number, at most 10"


def test_numbers_of_reasons_are_told_from_a_text_that_begins_with_a_figure() -> None:
    assert numbers_in("2, 1", 3) == [2, 1]
    assert numbers_in("2 of them are wrong", 3) is None
    assert numbers_in(" 2", 3) is None
    with pytest.raises(BadInput, match="no 4"):
        numbers_in("1 4", 3)


def test_a_command_is_known_by_a_colon_and_its_first_letters() -> None:
    assert by_colon(":skip not my field") == ("skip", "not my field")
    assert by_colon(":sk  x") == ("skip", "x")
    assert by_colon(" :skip") is None
    assert by_word("skip not my field") == ("skip", "not my field")
    assert by_word("sk") is None
    with pytest.raises(BadInput, match="Did you mean :submit"):
        by_colon(":sumbit")
    with pytest.raises(BadInput, match=":reasons or :read"):
        by_colon(":rea")
    with pytest.raises(BadInput, match="no command"):
        by_colon(":")


def test_every_command_does_something_and_is_named_in_the_help(store: Store) -> None:
    assert list(COMMANDS) == list(ORDERS)
    _, said = sit(store, [":help"])
    for name in COMMANDS:
        assert f"\n:{name}" in said


def test_an_item_is_said_with_all_its_texts(tmp_path: Path) -> None:
    shown = item(
        1,
        prompt=[{"role": "user", "text": "Is it red?"}, {"role": "assistant", "text": "Yes."}],
        context=[{"title": "Leaflet", "text": "It is **red**.\n\nReally.", "source": "p. 3"}, {"text": "No title."}],
        reference="Red.",
        meta={"metadata": {"risk": "high", "seed": 7}, "tags": ["colour"]},
    )
    store = make_queue(tmp_path, [shown, item(2)], reference=True, show=["risk", "tags"])
    _, said = sit(store, [])
    assert said == (
        "Queue answers. :help says the commands.\n"
        "\n"
        "Item 1 of 2, 0 done, 2 left.\n"
        "risk: high\n"
        "tags: colour\n"
        "Prompt, step 1 of 2, user:\n"
        "  Is it red?\n"
        "Prompt, step 2 of 2, assistant:\n"
        "  Yes.\n"
        "Context 1 of 2, Leaflet (source: p. 3):\n"
        "  It is **red**.\n"
        "\n"
        "  Really.\n"
        "Context 2 of 2:\n"
        "  No title.\n"
        "Output:\n"
        "  It is 1.\n"
        "Reference:\n"
        "  Red.\n"
        "\n"
        "Question 1 of 3: Grounded.\n"
        "  Every statement stands in the passage.\n"
        "1 Contradicts … 5 Fully supported.\n"
        "\n"
        "You leave at item 1 of 2; 0 done in this sitting.\n"
    )


def test_nothing_that_a_blind_rater_may_not_see_is_said(store: Store) -> None:
    every = [f":{name}" for name in COMMANDS if name not in ("quit", "rationale", "overall", "correct", "note", "text")]
    _, said = sit(store, [*every, *DONE, "undo", ":list", ":search item", ":search secret"])
    assert "secret-model" not in said
    assert "item-" not in said


def test_a_script_of_lines_rates_and_says_so(store: Store) -> None:
    typed = ["4", "y", "1 3", "", "2", "2, 1", "-", "", "submit"]
    code, said = sit(store, typed)
    assert code == 0
    assert said.count("\nSaved.\n") == 2
    assert "Item 3 of 5, 2 done, 3 left." in said
    first, second = labels_of(store)
    assert first["values"] == {"grounded": 4, "polite": True, "tone": ["warm", "too_long"]}
    assert first["rationale"] == {}
    assert (first["outcome"], first["source"], first["revision"]) == ("submitted", "plain", 1)
    assert second["values"] == {"grounded": 2, "polite": None}
    assert second["rationale"] == {"grounded": {"text": "", "reasons": ["drops a negation", "adds a fact"]}}


def test_the_same_lines_say_the_same_twice(tmp_path: Path) -> None:
    said = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        store = make_queue(tmp_path / name, [item(number) for number in range(1, 4)])
        said.append(sit(store, [*DONE, "2", "because", "0", "", "", ":list", ":find it", ":undo"])[1])
    assert said[0] == said[1]


def test_what_is_missing_is_named_and_asked(store: Store) -> None:
    _, said = sit(store, ["", "", "", "", "2", "", "yes", "", "", " 3 errors", ":submit"])
    assert "Grounded is required; it stays open.\n" in said
    assert "Grounded: is not answered yet.\nPolite: is not answered yet.\n\nQuestion 1 of 3: Grounded.\n" in said
    assert "Grounded: this answer needs a rationale.\nWhy?" in said
    (label,) = labels_of(store)
    assert label["values"] == {"grounded": 2, "polite": True}
    assert label["rationale"]["grounded"] == {"text": "3 errors", "reasons": []}


def test_a_command_word_is_not_taken_for_a_rationale(store: Store) -> None:
    _, said = sit(store, ["1", "undo", " undo", "y", "", ""])
    assert "'undo' may be a command. :undo runs it" in said
    assert labels_of(store)[0]["rationale"]["grounded"]["text"] == "undo"


def test_a_queue_may_submit_by_itself(tmp_path: Path) -> None:
    store = make_queue(tmp_path, [item(1), item(2)], submit="when_complete")
    _, said = sit(store, ["5", "no", "", "", "", ""])
    assert said.count("Saved.") == 1
    assert said.count("Submit?") == 1, "an item that is not complete is asked for"
    assert labels_of(store)[0]["values"] == {"grounded": 5, "polite": False}


def test_rationales_notes_corrections_and_flags_of_several_lines(store: Store) -> None:
    typed = [
        *[":rationale It says so.", ":rationale polite: Too curt", ":rationale polite", "Far too", "", "..", "."],
        *[":overall", "All in all", "fine", ".", ":note", ".", ":note see me", ":correct", "It is", "  one.", "."],
        *["flag", "flag", "flag", ":read answers", *DONE],
    ]
    _, said = sit(store, typed)
    (label,) = labels_of(store)
    assert label["rationale"] == {
        "grounded": {"text": "It says so.", "reasons": []},
        "polite": {"text": "Far too\n\n.", "reasons": []},
        "label": {"text": "All in all\nfine", "reasons": []},
    }
    assert label["correction"] == {"@output:1": "It is\n  one."}
    assert label["notes"] == "see me"
    assert label["flags"] == ["flagged"]
    assert "Nothing was written; it stays as it was." in said
    assert "Corrected output:\n  It is\n    one.\nNote to the lead:\n  see me\nFlagged.\n" in said


def test_a_rationale_of_several_lines_answers_the_question_why(store: Store) -> None:
    _, said = sit(store, ["1", ":rationale", "one", "two", ".", "y", "", ""])
    assert labels_of(store)[0]["rationale"]["grounded"]["text"] == "one\ntwo"
    assert said.count("Why?") == 1


def test_skip_and_abstain_need_a_reason(store: Store) -> None:
    _, said = sit(store, [":skip", "skip not my field", ":abstain", ":abstain cannot tell", ":progress"])
    assert "A skip needs a reason: :skip REASON." in said
    assert "An abstention needs a reason" in said
    assert "1 skipped, 1 abstained" in said
    assert [(label["outcome"], label["rationale"]["label"]["text"]) for label in labels_of(store)] == [
        ("skipped", "not my field"),
        ("abstained", "cannot tell"),
    ]


def test_undo_opens_label_after_label_and_writes_only_what_changed(store: Store) -> None:
    _, said = sit(store, [*DONE, *DONE, "undo", "undo", "", "", "", "", ":undo", ":undo", "5", "submit"])
    assert "You have submitted this item: that stands until you submit again." in said
    assert "Now: 4." in said
    assert "Nothing was changed." in said
    labels = labels_of(store)
    assert [(label["values"]["grounded"], label["revision"]) for label in labels] == [(4, 1), (4, 1), (5, 2)]
    assert labels[2]["supersedes"] == [labels[0]["id"]]


def test_moving_submits_nothing_and_keeps_what_was_begun(store: Store) -> None:
    _, said = sit(store, ["4", "next", *DONE, ":go 9", ":go x", ":go 1", ":go 5", "next", ":previous"])
    assert said.count("What you had begun here is kept.\n") == 1
    assert "This is the last item." in said
    assert "a number is needed: :go N." in said
    assert "You leave at item 4 of 5; 1 done" in said
    assert "Grounded: 4." in sit(store, [":go 1", ":read answers"])[1]
    assert len(labels_of(store)) == 1


def test_back_goes_through_the_questions_to_the_item_before(store: Store) -> None:
    _, said = sit(store, [":next", "4", "y", "", ":back", ":back", ":back", ":back", ":back"])
    order = re.findall(r"Item \d|Question \d|Submit|This is the first", said)
    assert order[:4] == ["Item 1", "Question 1", "Item 2", "Question 1"]
    assert order[4:] == [
        *["Question 2", "Question 3", "Submit", "Question 3", "Question 2", "Question 1"],
        *["Item 1", "Question 1", "This is the first", "Question 1"],
    ]


def test_reading_again_levels_reasons_and_instructions(store: Store) -> None:
    _, said = sit(store, ["levels", ":levels 5", ":levels 2", "reasons", ":reasons 2", "reasons", ":read prompt"])
    assert "1 Contradicts\nExample 1.\nOutput:\n  It is blue.\nWhy:\n  It is red.\n5 Fully supported\n" in said
    assert said.count("Example 1.") == 3
    assert "The rubric does not describe that." in said
    assert "1 adds a fact\n2 drops a negation\n" in said
    assert "Reasons: drops a negation.\n" in said
    assert "2 drops a negation (given)\n" in said
    assert said.count("Prompt:\n  What is 1?\n") == 2
    _, said = sit(
        store, ["instructions", ":read context", ":read context 1", ":read nothing", ":read output 1", "pause"]
    )
    assert "\n  Read the passage first.\n" in said
    assert "There is no context." in said
    assert "there is no context 1." in said
    assert "there is no such part." in said
    assert said.count("Output:\n  It is 1.\n") == 2
    assert "Paused; the next line goes on." in said


def test_finding_in_the_item_and_in_the_queue(store: Store) -> None:
    _, said = sit(store, [":find IT IS", ":find nowhere", ":search is 3", ":search nowhere", ":search"])
    assert "Output, line 1:\n  It is 1.\n" in said
    assert "Nothing in this item holds that." in said
    assert "\n3, open. What is 3?\n" in said
    assert "No item of the queue holds that." in said
    assert "Say what to find: :search WORDS." in said


def test_the_list_by_state_and_place(store: Store) -> None:
    _, said = sit(
        store, [*DONE, ":flag", "4", "y", "", "", ":list flagged", ":list open 4", ":list skipped", ":list x"]
    )
    assert "\n2, submitted, flagged. What is 2?\n" in said
    assert said.count("\n4, open. What is 4?\n5, open. What is 5?\n") == 1
    assert "There are none." in said
    assert "States are all, open" in said


def test_when_all_is_done_it_says_so_and_can_be_undone(tmp_path: Path) -> None:
    store = make_queue(tmp_path, [item(1)])
    _, said = sit(store, [*DONE, "", "4", ":flag", ":levels", "progress", "undo", "3", ":submit"])
    assert said.count("Nothing is left to rate here.") >= 2
    assert said.count("no item is open.") == 3
    assert "1 of 1 done, 0 left." in said
    assert [label["values"]["grounded"] for label in labels_of(store)] == [4, 3]


def test_the_end_of_the_input_keeps_the_draft_and_the_place(store: Store) -> None:
    code, _ = sit(store, [*DONE, "2", ":rationale", "half a"])
    assert code == 0
    code, said = sit(store, [])
    assert "Item 2 of 5, 1 done, 4 left.\nWhat you had begun here is kept.\n" in said
    assert "Now: 2.\nRationale:\n  half a\n" in said


def test_an_interrupt_keeps_the_draft(store: Store) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    code, said = sit(store, ["3", "y", interrupt, "never read"])
    assert code == 130
    assert said.endswith("Interrupted. What you had begun is kept.\n")
    assert "Question 2 of 3: Polite.\n1 yes, 0 no; - not applicable.\nNow: yes.\n" in sit(store, [])[1]


def test_a_label_that_cannot_be_saved_comes_back_with_everything(store: Store) -> None:
    def break_disk() -> None:
        with store.writing() as connection:
            connection.execute("CREATE TRIGGER full BEFORE INSERT ON label BEGIN SELECT RAISE(ABORT, 'disk full'); END")

    def mend_disk() -> None:
        with store.writing() as connection:
            connection.execute("DROP TRIGGER full")

    code, said = sit(store, ["2", "because", "y", "", break_disk, "", "3", mend_disk, "", *DONE])
    assert code == 0
    assert "Not saved: " in said
    assert "the disk is full." in said
    assert "that is no answer here. Enter submits the label." in said, "a later line is not taken for an answer"
    assert said.count("Saved.") == 2
    labels = labels_of(store)
    assert [label["values"]["grounded"] for label in labels] == [2, 4]
    assert labels[0]["rationale"]["grounded"]["text"] == "because"


def test_what_stays_unsaved_is_said_at_the_end(store: Store) -> None:
    with store.writing() as connection:
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON label BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    code, said = sit(store, DONE)
    assert code == BadInput.exit_code
    assert "Not everything could be saved: " in said
    with store.writing() as connection:
        connection.execute("DROP TRIGGER full")
    assert "Grounded: 4." in sit(store, [":read answers"])[1], "the draft is there all the same"


def test_a_draft_that_cannot_be_kept_is_said_once(store: Store) -> None:
    def mend_drafts() -> None:
        with store.writing() as connection:
            connection.execute("DROP TRIGGER full")

    with store.writing() as connection:
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON draft BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    code, said = sit(store, [":note a", *DONE, mend_drafts, ":note b"])
    assert code == 0
    assert said.count("What you type is not kept: ") == 1
    assert "Note to the lead:\n  b\n" in sit(store, [":read answers"])[1]


def test_a_newer_terminal_takes_the_item_and_may_lose_it_again(store: Store) -> None:
    def elsewhere() -> None:
        sit(store, [":note newer"])

    sit(store, [":note older", elsewhere, ":note refused"])
    assert "Note to the lead:\n  newer\n" in sit(store, [":read answers"])[1]
    sit(store, [":note older", elsewhere, ":note refused", ":take", ":note mine"])
    assert "Note to the lead:\n  mine\n" in sit(store, [":read answers"])[1]


def test_a_changed_rubric_is_told_and_moved_to(store: Store) -> None:
    def change() -> None:
        with store.writing() as connection:
            queue = queues.find(connection, QUEUE)
            assert queue is not None
            changed = {**RUBRIC, "criteria": [RUBRIC["criteria"][0], {"id": "clear", "type": "boolean"}]}
            put_rubric(connection, store, queue, changed)

    _, said = sit(store, ["4", "y", ":rubric", change, ":next", "5", "n", "", ":go 1", ":rubric", "", "1", ""])
    assert "This label is under the rubric that is in force." in said
    assert "A newer rubric is in force: :rubric moves this label under it." in said
    assert "These answers could not come along: polite." in said
    assert [label["values"] for label in labels_of(store)] == [
        {"grounded": 5, "clear": False},
        {"grounded": 4, "clear": True},
    ]


def test_text_numbers_and_parts_are_asked_each(tmp_path: Path) -> None:
    rubric = {
        "name": "parts",
        "criteria": [
            {"id": "summary", "type": "text"},
            {"id": "cites", "type": "boolean", "per": "context"},
            {"id": "minutes", "type": "number", "min": 0, "required": False},
            {"id": "way", "type": "choice", "options": ["skip", "stay"]},
        ],
    }
    documents = [{"title": "One", "text": "a"}, {"title": "Two", "text": "b"}]
    store = make_queue(tmp_path, [item(1, context=documents), item(2)], rubric)
    _, said = sit(store, [":text", "one", "", "two", ".", "1", "n", "2.5", "skip", ""])
    assert "Question 2 of 5: cites (context 1).\n" in said
    assert "Question 4 of 5: minutes. Not required.\na number, at least 0.\n" in said
    assert labels_of(store)[0]["values"] == {
        "summary": "one\n\ntwo",
        "cites@context:1": True,
        "cites@context:2": False,
        "minutes": 2.5,
        "way": "skip",
    }


def test_an_answer_can_be_taken_back(store: Store) -> None:
    sit(store, ["4", "y", "1", ":back", ":clear", "", ""])
    assert labels_of(store)[0]["values"] == {"grounded": 4, "polite": True}


def test_bytes_that_are_no_text_and_a_byte_order_mark_are_borne(store: Store) -> None:
    typed = io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf4\r\ny\r\n\r\n:note \xff\x00\xed\xa0\x80\r\n\r\n"), "utf-8")
    written = io.BytesIO()
    out = io.TextIOWrapper(written, "ascii")
    assert run(Sitting.open(store, QUEUE, RATER), typed, out) == 0
    assert labels_of(store)[0]["notes"] == r"\xff\u0000\xed\xa0\x80"
    assert b"1 Contradicts ... 5 Fully supported." in written.getvalue()


def test_hostile_texts_are_shown_and_never_sent(tmp_path: Path) -> None:
    documents = [{"title": HOSTILE, "text": HOSTILE, "source": HOSTILE}]
    rubric = {
        "name": "hostile",
        "instructions": HOSTILE.replace("\x00", ""),
        "criteria": [
            {"id": "a", "label": "\x1b[31mred\x9b", "type": "boolean", "reasons": ["\x1bc"], "help": "\x1b[H"}
        ],
    }
    store = make_queue(
        tmp_path,
        [item(1, HOSTILE, context=documents, reference=HOSTILE, prompt=[{"role": "\x1b[0m", "text": HOSTILE}])],
        rubric,
        reference=True,
    )
    typed = [
        ":reasons",
        ":instructions",
        ":find \x1b",
        ":note \x1b[2J",
        ":\x1b[2J",
        "\x1b",
        ":list",
        ":go \x1b",
        "1",
        "",
    ]
    _, said = sit(store, typed)
    assert STEERING.search(said) is None
    assert "␛[2J" in said
    assert labels_of(store)[0]["notes"] == "\x1b[2J", "what was typed is kept as it was typed"


def test_a_text_cannot_pass_for_what_the_program_says(tmp_path: Path) -> None:
    store = make_queue(tmp_path, [item(1, "Fine.\n\nSaved.\n\nItem 2 of 9, 1 done, 8 left.\rSubmit?\x85Submit?")])
    _, said = sit(store, [])
    assert re.findall(r"^(?:Saved|Item|Submit).*$", said, re.MULTILINE) == ["Item 1 of 1, 0 done, 1 left."]


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            ["", "1", "4", "y", "-", ".", "1 2", "submit", "undo", "next", ":back", ":go 2", ":text", ":rubric"]
        ),
        st.builds("{} {}".format, st.sampled_from([f":{name}" for name in COMMANDS]), st.text(max_size=8)),
        st.text(max_size=12),
    ).map(lambda line: line.replace("\n", " ")),
    max_size=15,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LINES)
def test_whatever_is_typed_ends_well(typed: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = make_queue(Path(folder), [item(number) for number in range(1, 4)])
        code, said = sit(store, typed)
    assert code == 0
    assert STEERING.search(said) is None
    assert "You leave" in said
