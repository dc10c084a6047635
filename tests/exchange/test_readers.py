from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.json_array import JsonReader
from reviewer.exchange.registry import FORMATS, read, sniff
from reviewer.exchange.rows import ItemRow, Options, Reject, Row
from reviewer.exchange.source import Source

Write = Callable[[str, bytes | str], Path]


def shape(rows: list[Row]) -> list[tuple[int, str]]:
    return [(row.line, row.key if isinstance(row, ItemRow) else "! " + row.reason) for row in rows]


def record(key: str, **more: object) -> bytes:
    return orjson.dumps({"id": key, "prompt": "p", "output": "o", **more})


# JSON Lines


def test_a_bad_line_costs_itself_only(write: Write) -> None:
    path = write("a.jsonl", record("1") + b"\r\n\n{broken\n" + record("2") + b"\n")
    rows = list(read([path]))
    assert [(row.line, isinstance(row, ItemRow)) for row in rows] == [(1, True), (3, False), (4, True)]
    assert isinstance(rows[1], Reject)
    assert rows[1].reason.startswith("not valid JSON at character 2: ")
    assert rows[1].raw == b"{broken"


def test_a_cut_gzip_keeps_its_rows_and_says_so(write: Write) -> None:
    packed = gzip.compress(b"\n".join(record(str(i), salt=str(i**9)) for i in range(2000)))
    rows = list(read([write("a.jsonl.gz", packed[:-2000])]))
    assert all(isinstance(row, ItemRow) for row in rows[:-1])
    assert len(rows) > 100
    assert isinstance(rows[-1], Reject)
    assert "the file is cut" in rows[-1].reason
    assert rows[-1].line == len(rows)


def test_a_record_beyond_the_limit_is_a_reject(write: Write) -> None:
    lines = [record("1"), record("2", pad="x" * 3000), record("3")]
    jsonl = write("a.jsonl", b"\n".join(lines))
    array = write("a.json", b"[" + b",\n".join(lines) + b"]")
    for path in (jsonl, array):
        rows = list(read([path], record_limit=2048))
        assert shape(rows) == [
            (1, "1"),
            (2, "! the record is longer than 0.00195312 MB; split it."),
            (3, "3"),
        ]


# JSON documents


@pytest.mark.parametrize(
    "text",
    [
        '[{"id":"1","prompt":"a"},\n {"id":"2","prompt":"b"}]',
        '{"version": 1, "columns": [{"name": "x"}], "data": [{"id":"1","prompt":"a"},\n{"id":"2","prompt":"b"}]}',
        '{"rows": [], "items": [ {"id":"1","prompt":"a"}\n,{"id":"2","prompt":"b"}]}',
        '{\n"id":"1",\n"prompt":"a"\n}\n{"id":"2",\n"prompt":"b"}',
        '{"my list": [\n{"id":"1","prompt":"a"},\n{"id":"2","prompt":"b"}]}',
    ],
)
def test_shapes_of_json_documents(write: Write, text: str) -> None:
    path = write("data.json", text)
    assert sniff(path) == "json"
    assert [row.key for row in read([path]) if isinstance(row, ItemRow)] == ["1", "2"]


def test_lines_are_physical_and_a_broken_record_costs_itself(write: Write) -> None:
    path = write(
        "a.json", '[\n{"id":"1","prompt":"a\\"}]["},\n\n{"id":"2","prompt": tru},\n3,\n{"id":"4",\n"prompt":"b"}\n]'
    )
    rows = list(read([path]))
    assert [(row.line, isinstance(row, ItemRow)) for row in rows] == [(2, True), (4, False), (5, False), (6, True)]
    assert rows[1].raw == b'{"id":"2","prompt": tru}'


def test_a_cut_document_keeps_its_rows(write: Write) -> None:
    rows = list(read([write("a.json", '[{"id":"1","prompt":"a"},\n{"id":"2","pro')]))
    assert shape(rows) == [(1, "1"), (2, "! the file ends in the middle of a record: it is cut.")]


def test_a_second_list_is_not_passed_over_in_silence(write: Write) -> None:
    rows = list(read([write("a.json", '{"train":[{"id":"1","prompt":"a"}],"test":[{"id":"2","prompt":"b"}]}')]))
    assert len(rows) == 2
    assert isinstance(rows[1], Reject)
    assert "second list of records, 'test' after 'train'" in rows[1].reason


def test_numbers_are_plain(write: Write) -> None:
    path = write("a.json", '[{"prompt":"a","metadata":{"i":3,"f":0.5}}]')
    (row,) = read([path])
    assert isinstance(row, ItemRow)
    assert [type(value) for value in row.meta.values()] == [int, float]


class Dribble(io.BytesIO):
    """Gives a few bytes at a time, so that every boundary falls everywhere."""

    def read(self, _size: int | None = -1, /) -> bytes:
        return super().read(3)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(max_size=3), json_values, max_size=4), max_size=5), st.booleans())
def test_the_scanner_cuts_where_a_parser_would(records: list[dict[str, object]], indent: bool) -> None:
    option = orjson.OPT_INDENT_2 if indent else 0
    data = orjson.dumps(records, option=option)
    for stream in (io.BytesIO(data), Dribble(data)):
        rows = list(JsonReader(Options()).rows(Source(stream, "x")))
        assert [orjson.loads(row.raw) for row in rows] == records


# Tables


def test_csv_with_newlines_quotes_and_ragged_rows(write: Write) -> None:
    text = 'id,prompt,output\n1,"say ""hi""\nplease",ok\n2,short\n3,p,o\n4,p,"o\n'
    rows = list(read([write("a.csv", text)]))
    assert shape(rows)[:3] == [(2, "1"), (4, "! the row has 2 cells, the header has 3."), (5, "3")]
    assert isinstance(rows[0], ItemRow)
    assert rows[0].prompt[0]["text"] == 'say "hi"\nplease'
    assert rows[0].raw == b'1,"say ""hi""\nplease",ok'
    assert isinstance(rows[3], Reject)
    assert "a quotation mark opened on line 6 is never closed" in rows[3].reason


def test_a_quote_that_is_not_doubled_is_not_bent_in_silence(write: Write) -> None:
    rows = list(read([write("a.csv", 'prompt,output\n"he said "no" twice",o\np,o\n')]))
    assert shape(rows)[0] == (2, "! a quotation mark inside a quoted cell is not doubled.")
    assert isinstance(rows[1], ItemRow)


@pytest.mark.parametrize(("delimiter", "name"), [(",", "csv"), (";", "csv"), ("|", "csv"), ("\t", "tsv")])
def test_the_delimiter_is_found_out(write: Write, delimiter: str, name: str) -> None:
    lines = [["id", "Question", "answer"], ["1", "a, b; c", "d"], ["2", "e", "f, g"]]
    path = write("table", "\n".join(delimiter.join(f'"{c}"' if "," in c else c for c in line) for line in lines))
    assert sniff(path) == name
    assert [(row.key, row.outputs[0].text) for row in read([path]) if isinstance(row, ItemRow)] == [
        ("1", "d"),
        ("2", "f, g"),
    ]


def test_tsv_without_quoting(write: Write) -> None:
    path = write("a.tsv", 'prompt\toutput\n"Hello" is\ta "word"\n"x\ty\n')
    rows = list(read([path]))
    assert [row.prompt[0]["text"] for row in rows if isinstance(row, ItemRow)] == ['"Hello" is', '"x']


def test_a_cell_of_a_megabyte(write: Write) -> None:
    text = "word, " * 200_000
    (row,) = read([write("a.csv", f'prompt,output\np,"{text}"\n')])
    assert isinstance(row, ItemRow)
    assert row.outputs[0].text == text


def test_a_runaway_quote_is_bounded(write: Write) -> None:
    text = 'prompt,output\np,o\nq,"' + "x,y\n" * 2000
    rows = list(read([write("a.csv", text)], record_limit=1000))
    assert isinstance(rows[0], ItemRow)
    assert isinstance(rows[1], Reject)
    assert "opened on line 3 is never closed" in rows[1].reason


def test_blank_cells_are_missing_and_structured_cells_are_read(write: Write) -> None:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["id", "prompt", "context", "response1", "response2", "tags", "metadata", "reference"])
    table.writerow(["1", "p", '[{"title": "t", "text": "x"}]', "a", "", "k|l", '{"n": 1}', " "])
    table.writerow(["2", "[not a list]", "[1] footnote", "a", "b", "k, l", "", "r"])
    table.writerow(["3", "p", "", "a", "b", "", "{broken", ""])
    rows = list(read([write("a.csv", text.getvalue())]))
    first, second, third = rows
    assert isinstance(first, ItemRow)
    assert isinstance(second, ItemRow)
    assert isinstance(third, Reject)
    assert first.context == [{"title": "t", "text": "x", "source": ""}]
    assert ([o.system for o in first.outputs], first.tags, first.meta, first.reference) == (
        ["1"],
        ["k", "l"],
        {"n": 1},
        None,
    )
    assert (second.prompt[0]["text"], second.context[0]["text"]) == ("[not a list]", "[1] footnote")
    assert third.reason.startswith("metadata must hold JSON in a table")


def test_nul_in_a_cell_becomes_visible(write: Write) -> None:
    (row,) = read([write("a.csv", b"prompt,output\na\0b,c\n")])
    assert isinstance(row, ItemRow)
    assert (row.prompt[0]["text"], row.escaped) == ("a\\u0000b", 1)


def test_a_byte_that_is_not_utf8_costs_its_row(write: Write) -> None:
    rows = list(read([write("a.csv", b"prompt,output\ncaf\xe9,o\np,o\n")]))
    assert shape(rows)[0] == (
        2,
        "! byte 4 of the record (0xE9) is not valid UTF-8; save the file as UTF-8.",
    )
    assert isinstance(rows[1], ItemRow)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "no column is known to hold the prompt among 'a', 'b'"),
        ("prompt,prompt\n1,2\n", "the column 'prompt' stands twice"),
        (b"prompt,caf\xe9\n1,2\n", "not valid UTF-8"),
    ],
)
def test_a_header_that_cannot_be_used(write: Write, text: bytes | str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        list(read([write("a.csv", text)]))


def test_map_on_a_table(write: Write) -> None:
    path = write("a.csv", "no,frage,antwort,prompt\n7,p,o,old\n")
    (row,) = read([path], mapping={"id": "no", "prompt": "frage", "output": "antwort"})
    assert isinstance(row, ItemRow)
    assert (row.key, row.prompt[0]["text"], row.outputs[0].text) == ("7", "p", "o")
    assert row.meta == {"prompt (original)": "old"}
    with pytest.raises(WrongUsage, match="'no', 'frage', 'antwort', 'prompt'"):
        list(read([path], mapping={"prompt": "question"}))


@given(st.lists(st.tuples(st.text(max_size=12), st.text(min_size=1, max_size=12)), min_size=1, max_size=6))
def test_what_the_csv_module_writes_is_read_back(cells: list[tuple[str, str]]) -> None:
    from reviewer.exchange.table import TableReader

    written = [(a.replace("\0", ""), "p" + b.replace("\0", "")) for a, b in cells]
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["output", "prompt"])
    table.writerows(written)
    data = text.getvalue().encode("utf-8", "replace")
    rows = list(TableReader(Options(), ",").rows(Source(io.BytesIO(data), "x")))
    expected = [
        ([] if not a or a.isspace() else [a.encode("utf-8", "replace").decode()], b.encode("utf-8", "replace").decode())
        for a, b in written
    ]
    assert [
        ([o.text for o in row.outputs], row.prompt[0]["text"]) for row in rows if isinstance(row, ItemRow)
    ] == expected


# MT-Bench

QUESTION = {"question_id": 81, "category": "writing", "turns": ["one", "two"], "reference": ["r1", "r2"]}


def answer(question: int, model: str, *turns: str) -> bytes:
    return orjson.dumps({"question_id": question, "model_id": model, "choices": [{"index": 0, "turns": list(turns)}]})


def test_mtbench_questions_with_answers(write: Write) -> None:
    questions = write("question.jsonl", orjson.dumps(QUESTION))
    given_answers = write("m.jsonl", answer(81, "m", "a1", "a2"))
    reference = write("reference_gpt.jsonl", answer(81, "gpt", "g1", "g2"))
    (row,) = read([questions], answers=[given_answers, reference])
    assert isinstance(row, ItemRow)
    assert (row.key, row.tags, row.prompt) == ("81", ["writing"], [{"role": "user", "text": "one"}])
    assert row.reference == "[Turn 1]\ng1\n\n[Turn 2]\ng2"
    assert row.meta == {"turns": ["one", "two"]}
    (output,) = row.outputs
    assert (output.system, output.text) == ("m", "a1\n\na2")
    assert [(part["role"], part["text"]) for part in output.parts] == [
        ("assistant", "a1"),
        ("user", "two"),
        ("assistant", "a2"),
    ]


def test_mtbench_without_answers_and_with_reference_answers_alone(write: Write) -> None:
    questions = write("question.jsonl", orjson.dumps(QUESTION))
    assert sniff(questions) == "mtbench"
    (bare,) = read([questions])
    assert isinstance(bare, ItemRow)
    assert (bare.outputs, bare.reference) == ([], "[Turn 1]\nr1\n\n[Turn 2]\nr2")
    (judged,) = read([questions], answers=[write("reference.jsonl", answer(81, "gpt", "g1"))])
    assert isinstance(judged, ItemRow)
    assert [(o.system, o.text) for o in judged.outputs] == [("gpt", "g1")]
    assert judged.reference == "[Turn 1]\nr1\n\n[Turn 2]\nr2"


def test_mtbench_troubles_are_rejects(write: Write) -> None:
    questions = write("question.jsonl", orjson.dumps(QUESTION) + b'\n{"question_id": 82, "turns": []}\n')
    lines = [answer(81, "m", "a"), answer(81, "m", "b"), b"{", answer(99, "m", "a"), b"[]"]
    rows = list(read([questions], answers=[write("m.jsonl", b"\n".join(lines))]))
    reasons = [row.reason for row in rows if isinstance(row, Reject)]
    assert "answered by 'm' a second time" in reasons[0]
    assert reasons[0].startswith("m.jsonl: ")
    assert "not valid JSON" in reasons[1]
    assert "must be a JSON object" in reasons[2]
    assert "turns must be a list of texts" in reasons[3]
    assert "question_id '99' is answered, but not among the questions" in reasons[4]
    assert len(rows) == 6


def test_more_turns_answered_than_asked(write: Write) -> None:
    questions = write("question.jsonl", orjson.dumps(QUESTION))
    (row,) = read([questions], answers=[write("m.jsonl", answer(81, "m", "a", "b", "c"))])
    assert isinstance(row, Reject)
    assert "m.jsonl:1 answers 3 turns, but the question has 2" in row.reason


# The registry


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x", '{"prompt": "p"}\n{"prompt": "q"}\n', "jsonl"),
        ("x", '{"prompt": "p"}', "jsonl"),
        ("x.jsonl", '{"broken\n{"prompt": "p"}\n', "jsonl"),
        ("x.jsonl", "broken\n", "jsonl"),
        ("x.csv", '[{"prompt": "p"}]', "json"),
        ("x.json", "prompt,output\na,b\n", "json"),
        ("x.txt", "prompt\ta\nx\ty\n", "tsv"),
        ("x.csv", "prompt\nx\n", "csv"),
        ("x", "prompt\nx\n", "csv"),
        ("x.csv.gz", gzip.compress(b"a b c\nx\n"), "csv"),
        ("x", '{\n  "data": [\n    {"prompt": "p"}\n  ]\n}\n', "json"),
        ("x.json", '{"data": [' + '{"prompt": "p"},' * 9000 + '{"prompt": "p"}]}', "json"),
        ("x", b"\xff\xfe" + "prompt\toutput\na\tb".encode("utf-16-le"), "tsv"),
    ],
    ids=range(13),  # the contents would make long names, and others at each run
)
def test_sniffing(write: Write, name: str, content: bytes | str, expected: str) -> None:
    assert sniff(write(name, content)) == expected


def test_what_is_not_recognised(write: Write) -> None:
    with pytest.raises(BadInput, match="is empty"):
        sniff(write("x.csv", ""))
    with pytest.raises(BadInput, match="neither JSON nor a table"):
        sniff(write("x", "just words\nand more\n"))
    with pytest.raises(BadInput, match="MT-Bench answers"):
        sniff(write("x", answer(1, "m", "a")))


def test_wrong_requests(write: Write) -> None:
    path = write("x.jsonl", record("1"))
    with pytest.raises(WrongUsage, match="no format 'xml'"):
        read([path], format="xml")
    with pytest.raises(WrongUsage, match="--answers"):
        read([path], format="jsonl", answers=[path])
    with pytest.raises(WrongUsage, match="no file"):
        read([])
    with pytest.raises(WrongUsage, match="--map"):
        read([path], format="mtbench", mapping={"a": "b"})
    with pytest.raises(WrongUsage, match="'nothing'"):
        list(read([path], mapping={"prompt": "nothing"}))
    with pytest.raises(BadInput, match="no such file"):
        read([path, path.with_name("absent")])


def test_several_files_of_several_formats_and_their_progress(write: Write) -> None:
    paths = [
        write("a.jsonl", record("1")),
        write("b.json", b"[" + record("2") + b"]"),
        write("c.csv.gz", gzip.compress(b"id,prompt\n3,p\n")),
    ]
    with read(paths) as reader:
        assert reader.size == sum(path.stat().st_size for path in paths)
        seen = [(row.key, reader.format, reader.path) for row in reader if isinstance(row, ItemRow)]
        assert reader.position == reader.size
    assert seen == [("1", "jsonl", paths[0]), ("2", "json", paths[1]), ("3", "csv", paths[2])]


def test_standard_input(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("a.jsonl", record("1"))
    with path.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        with read([Path("-")]) as reader:
            assert reader.size is None
            assert [row.key for row in reader if isinstance(row, ItemRow)] == ["1"]
        with pytest.raises(WrongUsage):
            sniff(Path("-"))


def test_every_format_says_what_it_is() -> None:
    assert list(FORMATS) == ["jsonl", "json", "csv", "tsv", "mtbench"]
    assert all(known.name == name and known.about for name, known in FORMATS.items())
