"""Tables of ratings: long or wide, whatever the dialect, and what is no rating is counted with its line."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.errors import BadInput, ReviewerError, WrongUsage
from reviewer.exchange.numbered import UNREADABLE
from reviewer.exchange.ratings import (
    BLANK_ITEM,
    BLANK_RATER,
    BLANK_VALUE,
    NOT_APPLICABLE,
    read_ratings,
)
from reviewer.measure.agreement.ratings import Panel, Ratings
from reviewer.measure.votes import Column
from tests.exchange.conftest import Write

LONG = """\
item,rater,value,criterion,note
1,ana,3,clear,x
1,ben,4,clear,
2,ana,5,clear,y
1,ana,2,true,
2,ben,1,true,
"""
WIDE = """\
doc,criterion,ana,ben
1,clear,3,4
2,clear,5,
1,true,2,
2,true,,1
"""
EXPECTED = {
    ("1", "ana", "3", "clear"),
    ("1", "ben", "4", "clear"),
    ("2", "ana", "5", "clear"),
    ("1", "ana", "2", "true"),
    ("2", "ben", "1", "true"),
}


def told(ratings: Ratings) -> list[tuple[str, ...]]:
    def cells(column: Column | None) -> list[str]:
        return [""] * len(ratings) if column is None else [column.names[code] for code in column.codes.tolist()]

    columns = (cells(one) for one in (ratings.item, ratings.rater, ratings.value, ratings.criterion))
    return list(zip(*columns, strict=True))


def as_jsonl(table: str) -> str:
    rows = list(csv.DictReader(io.StringIO(table)))
    numbers = ({key: int(cell) if cell.isdigit() else cell for key, cell in row.items() if cell} for row in rows)
    return "".join(json.dumps(row) + "\n" for row in numbers)


@pytest.mark.parametrize(
    ("name", "content", "wide"),
    [
        ("ratings.csv", LONG, False),
        ("ratings.csv", LONG.replace("\n", "\r\n"), False),
        ("ratings.csv", LONG.replace("1,ana", '"1",ana'), False),
        ("ratings.tsv", LONG.replace(",", "\t"), False),
        ("ratings.csv", LONG.replace(",", ";"), False),
        ("ratings.csv", LONG.replace("item", " Item").replace("value", "VALUE"), False),
        ("ratings.jsonl", as_jsonl(LONG), False),
        ("ratings.csv", WIDE, True),
        ("ratings.tsv", WIDE.replace(",", "\t"), True),
        ("ratings.csv", WIDE.replace("4", '"4"'), True),
        ("ratings.jsonl", as_jsonl(WIDE), True),
    ],
)
def test_every_dialect_gives_the_same_ratings(name: str, content: str, wide: bool, write: Write) -> None:
    for path in (write(name, content), write(f"{name}.gz", gzip.compress(content.encode()))):
        read = read_ratings(path)
        assert set(told(read.ratings)) == EXPECTED
        assert len(read.ratings) == len(EXPECTED)
        assert read.ratings.dropped == {}
        assert read.wide is wide


def test_raters_of_a_wide_table_stand_in_the_order_of_its_columns(write: Write) -> None:
    path = write("ratings.csv", "\n".join(["item,zoe,ana,ben", "1,,2,", "2,1,,3", "3,1,2,3"]))
    ratings = read_ratings(path).ratings
    assert ratings.rater.names == ("zoe", "ana", "ben")
    assert ratings.item.names == ("1", "2", "3")
    assert ratings.criterion is None


def test_columns_without_a_rating_are_no_raters(write: Write) -> None:
    path = write("ratings.csv", "item,ana,ben,zoe,,\n1,2,3,,,\n2,1,1,,,\n")
    assert read_ratings(path).ratings.rater.names == ("ana", "ben")


def test_a_system_makes_an_item_of_its_own(write: Write) -> None:
    path = write("ratings.csv", "item,system,rater,value\n1,a,ana,3\n1,b,ana,4\n1,a,ben,3\n1,,ben,1\n")
    ratings = read_ratings(path).ratings
    assert set(ratings.item.names) == {"1 · a", "1 · b", "1"}
    assert len(Panel.of(ratings)) == 4


def test_columns_are_renamed(write: Write) -> None:
    path = write("ratings.csv", LONG.replace("rater", "annotator").replace("value", "score"))
    read = read_ratings(path, mapping={"rater": "annotator", "value": "score"})
    assert set(told(read.ratings)) == EXPECTED
    with pytest.raises(WrongUsage, match="nowhere"):
        read_ratings(path, mapping={"rater": "nowhere"})


def test_what_is_no_rating_is_counted_with_its_line(write: Write) -> None:
    rows = ["item,rater,value", "1,ana,3", ",ana,3", "2,,3", "3,ana,", "4,ana,n/a", "5,ana", "6,ana,NaN", "7,ben,2"]
    read = read_ratings(write("ratings.csv", "\n".join(rows)))
    assert read.ratings.dropped == {
        UNREADABLE: 1,
        BLANK_ITEM: 1,
        BLANK_RATER: 1,
        BLANK_VALUE: 1,
        NOT_APPLICABLE: 2,
    }
    assert read.faults[BLANK_RATER] == "line 4"
    assert read.faults[NOT_APPLICABLE] == "line 6"
    assert read.faults[UNREADABLE].startswith("line 7: the row has 2 cells")
    assert read.ratings.item.names == ("1", "7")


def test_a_point_of_the_scale_may_be_called_na(write: Write) -> None:
    path = write("ratings.csv", "item,rater,value\n1,ana,na\n1,ben,sodium\n")
    assert len(read_ratings(path).ratings) == 1
    assert len(read_ratings(path, points=("na", "sodium")).ratings) == 2


def test_a_blank_criterion_is_the_score(write: Write) -> None:
    path = write("ratings.csv", "item,rater,value,criterion\n1,ana,1,\n1,ben,2,score\n1,ana,1,tone\n")
    ratings = read_ratings(path).ratings
    assert ratings.criterion is not None
    assert ratings.criterion.names == ("score", "tone")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("item,rater,value\n", "holds no rating"),
        ("item,rater,value\n1,ana,\n", "the value is blank in 1"),
        ("item,ana,ben\n1,,\n", "every cell of a rater is blank"),
        ("item,rater,score\n1,ana,3\n", "no column is named value"),
        ("item\n1\n", "neither item, rater and value"),
        ("item,criterion\n1,x\n", "neither item, rater and value"),
    ],
)
def test_files_that_are_no_table_of_ratings(content: str, said: str, write: Write) -> None:
    with pytest.raises(BadInput, match=said) as error:
        read_ratings(write("ratings.csv", content))
    assert error.value.mend


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=8), delimiter=st.sampled_from([",", "\t", ";"]))
def test_any_table_is_read_or_refused_in_words(rows: list[list[str]], delimiter: str, write: Write) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)
    path = write("ratings.csv", stream.getvalue())
    try:
        ratings = read_ratings(path).ratings
    except ReviewerError:
        return
    assert len(ratings) > 0
    assert all(name for name in (*ratings.item.names, *ratings.rater.names, *ratings.value.names))
