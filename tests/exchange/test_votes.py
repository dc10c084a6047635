"""Tables of votes: read whole, whatever the dialect, and what is no vote is counted with its line."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.errors import BadInput, ReviewerError, WrongUsage
from reviewer.exchange.numbered import UNREADABLE
from reviewer.exchange.votes import (
    BLANK_ITEM,
    BLANK_SYSTEM,
    BLANK_WINNER,
    SAME_SYSTEM,
    UNKNOWN_FIRST,
    UNKNOWN_WINNER,
    read_votes,
)
from reviewer.measure.votes import WINNERS, Column, Votes
from tests.exchange.conftest import Write

TABLE = """\
item,left,right,winner,rater,criterion,shown_first,language
1,a,b,left,ana,clear,left,de
1,b,a,right,ben,clear,right,de
2,a,c,tie,ana,true,,en
3,b,c,both_bad,ben,,left,en
"""


def told(votes: Votes) -> list[tuple[str, ...]]:
    def cells(column: Column | None) -> list[str]:
        return [""] * len(votes) if column is None else [column.names[code] for code in column.codes.tolist()]

    sides = ["right" if one else "left" for one in votes.right_first.tolist()]
    return list(
        zip(
            cells(votes.item),
            [votes.systems[at] for at in votes.left.tolist()],
            [votes.systems[at] for at in votes.right.tolist()],
            [WINNERS[at] for at in votes.winner.tolist()],
            cells(votes.rater),
            cells(votes.criterion),
            sides,
            strict=True,
        )
    )


EXPECTED = [
    ("1", "a", "b", "left", "ana", "clear", "left"),
    ("1", "b", "a", "right", "ben", "clear", "right"),
    ("2", "a", "c", "tie", "ana", "true", "left"),
    ("3", "b", "c", "both_bad", "ben", "preference", "left"),
]


def as_jsonl() -> str:
    rows = list(csv.DictReader(io.StringIO(TABLE)))
    # A key that comes late, a number for a name, and a null are all fine.
    lines = [{key: cell for key, cell in row.items() if cell} | {"item": int(row["item"])} for row in rows]
    return "".join(json.dumps(line | ({"criterion": None} if "criterion" not in line else {})) + "\n" for line in lines)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("votes.csv", TABLE),
        ("votes.csv", TABLE.replace("\n", "\r\n")),
        ("votes.csv", TABLE.replace("a,b", '"a",b')),
        ("votes.tsv", TABLE.replace(",", "\t")),
        ("votes.csv", TABLE.replace(",", ";")),
        ("votes.csv", TABLE.replace("left,ana", " Left ,ana").replace("both_bad", "Both-Bad").replace("tie", "TIE")),
        ("votes.csv", TABLE.replace("shown_first", "Shown First").replace("winner", "WINNER")),
        ("votes.jsonl", as_jsonl()),
    ],
)
def test_every_dialect_gives_the_same_votes(name: str, content: str, write: Write) -> None:
    for path in (write(name, content), write(f"{name}.gz", gzip.compress(content.encode()))):
        read = read_votes(path, keep=["language"])
        assert told(read.votes) == EXPECTED
        assert read.votes.others["language"].names == ("de", "en")
        assert read.votes.dropped == {}


def test_columns_are_renamed(write: Write) -> None:
    content = TABLE.replace("left,right,winner", "model_a,model_b,verdict").replace("item,", "left,")
    path = write("battles.csv", content)
    mapping = {"left": "model_a", "right": "model_b", "winner": "verdict", "item": "left"}
    assert told(read_votes(path, mapping=mapping).votes) == EXPECTED
    lines = write("battles.jsonl", as_jsonl().replace('"winner"', '"verdict"'))
    assert told(read_votes(lines, mapping={"winner": "verdict"}).votes) == EXPECTED
    with pytest.raises(WrongUsage, match="nowhere"):
        read_votes(path, mapping={"left": "nowhere"})
    with pytest.raises(WrongUsage, match="nowhere"):
        read_votes(lines, mapping={"winner": "nowhere"})


def test_what_is_no_vote_is_counted_with_its_line(write: Write) -> None:
    path = write(
        "votes.csv",
        "item,left,right,winner,shown_first\n"
        "1,a,b,left,left\n"
        "1,a,a,left,left\n"
        "2,a,b,,left\n"
        "2,a,b,maybe,left\n"
        "2,,b,left,left\n"
        "\n"
        "3,a,b,left,middle\n"
        ",a,b,left,left\n"
        "4,a,b\n"
        "5,b,a,tie,right\n"
        "6,b,a,,right\n",
    )
    read = read_votes(path)
    assert len(read.votes) == 2
    assert read.votes.dropped == {
        UNREADABLE: 1,
        SAME_SYSTEM: 1,
        BLANK_WINNER: 2,
        UNKNOWN_WINNER: 1,
        BLANK_SYSTEM: 1,
        UNKNOWN_FIRST: 1,
        BLANK_ITEM: 1,
    }
    assert read.faults[SAME_SYSTEM] == "line 3"
    assert read.faults[BLANK_WINNER] == "line 4"
    assert read.faults[UNREADABLE] == "line 10: the row has 3 cells, the header has 5"
    assert read.faults[BLANK_ITEM] == "line 9"


def test_a_system_of_dropped_rows_takes_no_part(write: Write) -> None:
    read = read_votes(write("votes.csv", "left,right,winner\na,z,?\na,b,left\nc,c,tie\n"))
    assert read.votes.systems == ("a", "b")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("left,right\na,b\n", "no column is named winner"),
        ("left,right,winner\n", "holds no vote: it has no row"),
        ("left,right,winner\na,a,left\nb,b,left\n", "a system is compared with itself in 2 (line 2)"),
        ("left,right,left\na,b,c\n", "stands twice"),
        ('{"left": "a", "right": "b"}\n', "no column is named winner"),
        ("PK\x03\x04", "ZIP"),
    ],
)
def test_a_file_without_votes_is_named_with_the_mend(content: str, said: str, write: Write) -> None:
    with pytest.raises(BadInput) as caught:
        read_votes(write("votes.csv", content))
    assert said in str(caught.value)
    assert "votes.csv" in str(caught.value)
    assert caught.value.mend


def test_a_cut_file_is_not_taken_for_a_whole_one(write: Write) -> None:
    packed = gzip.compress((TABLE + "9,a,b,left,ana,clear,left,de\n" * 5000).encode())
    with pytest.raises(BadInput, match="cut"):
        read_votes(write("votes.csv.gz", packed[:-20]))
    with pytest.raises(BadInput, match="no such file"):
        read_votes(Path("nowhere.csv"))


@given(content=st.binary(max_size=300) | st.text(alphabet='left,right\nwinner;"a\t{}:[]', max_size=300).map(str.encode))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused_in_a_sentence(content: bytes, write: Write) -> None:
    for whole in (b"left,right,winner\na,b,left\n" + content, content):
        try:
            found = len(read_votes(write("votes.any", whole)).votes)
        except ReviewerError as refused:
            found = len(str(refused))
        assert found
