"""Sets of checks as they are written, and what is wrong with some."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.errors import BadInput
from reviewer.rubric import rubric_from_data
from reviewer.triage.checks import Finding, Subject, decide, load_checks
from reviewer.triage.checks.config import types

GOOD = """
name = "kyc-checks"
[[check]]
type = "negation"
[[check]]
id = "short"
type = "length"
max_words = 5
[[check]]
type = "token_f1"
[[rule]]
name = "too long"
when = ["short == false", "token_f1 < 0.5"]
then = "fail"
[[rule]]
name = "turns a denial round"
when = ["negation == false"]
then = "expert"
[[rule]]
name = "short and right"
when = ["short == true", "token_f1 >= 0.9"]
then = "pass"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "checks.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_set_is_read_with_its_rules_and_makes_a_rubric(tmp_path: Path) -> None:
    made = load_checks(written(tmp_path, GOOD))
    assert [check.id for check in made.checks] == ["negation", "short", "token_f1"]
    rubric = rubric_from_data(made.rubric)
    assert [criterion.type for criterion in rubric.criteria] == ["boolean", "boolean", "number"]
    assert made.version == load_checks(written(tmp_path, GOOD + "\n# a remark\n")).version
    assert made.version != load_checks(written(tmp_path, GOOD.replace("max_words = 5", "max_words = 6"))).version
    assert made.examine(Subject("one two", reference="one two"))["token_f1"].value == 1


def test_rules_decide_in_order_and_an_abstention_sets_nothing_aside(tmp_path: Path) -> None:
    rules = load_checks(written(tmp_path, GOOD)).rules
    short, long = Finding(True), Finding(False)
    near, far, unknown = Finding(0.95), Finding(0.1), Finding(None, "no reference")

    def then(negation: Finding, length: Finding, overlap: Finding) -> tuple[str, str]:
        found = decide(rules, {"negation": negation, "short": length, "token_f1": overlap})
        return found.then, found.rule

    assert then(Finding(True), short, near) == ("pass", "short and right")
    assert then(Finding(True), long, far) == ("fail", "too long")
    assert then(Finding(False), long, far) == ("expert", "turns a denial round")
    assert then(Finding(None, "no context"), short, unknown) == ("", "")
    assert then(Finding(True), short, far) == ("", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the set has no name"),
        ('name = "x"', "it holds no check"),
        ("name = [", "it is no TOML"),
        ('name = "x"\n[[check]]\ntype = "magic"', "type = 'magic' is none that there is"),
        ('name = "x"\n[[check]]\ntype = "length"\nmost = 3', "'most' is none that there is"),
        ('name = "x"\n[[check]]\ntype = "length"\nmax_words = "3"', "is of the wrong kind"),
        ('name = "x"\n[[check]]\ntype = "length"\nmax_words = true', "is of the wrong kind"),
        ('name = "x"\n[[check]]\nid = "A b"\ntype = "length"', "cannot be an id"),
        ('name = "x"\n[[check]]\ntype = "length"\n[[check]]\ntype = "length"', "two checks are called 'length'"),
        ('name = "x"\n[[check]]\ntype = "pattern"', "pattern is missing"),
        ('name = "x"\n[[check]]\ntype = "pattern"\npattern = "("', "it cannot be made"),
        ('name = "x"\n[[check]]\ntype = "private"\nkinds = ["shoe"]', "there is no kind 'shoe'"),
        ('name = "x"\ncheck = 3', "check is no list of tables"),
        (
            'name = "x"\n[[check]]\ntype = "length"\n[[rule]]\nname = "r"\nwhen = ["nope == true"]\nthen = "fail"',
            "no check",
        ),
        (
            'name = "x"\n[[check]]\ntype = "length"\n[[rule]]\nname = "r"\nwhen = ["length < 3"]\nthen = "fail"',
            "gives true",
        ),
        (
            'name = "x"\n[[check]]\ntype = "length"\n[[rule]]\nname = "r"\nwhen = ["length < true"]\nthen = "fail"',
            "no order",
        ),
        (
            'name = "x"\n[[check]]\ntype = "length"\n[[rule]]\nname = "r"\nwhen = ["length"]\nthen = "fail"',
            "no condition",
        ),
        (
            'name = "x"\n[[check]]\ntype = "length"\n[[rule]]\nname = "r"\nwhen = []\nthen = "fail"',
            "no list of conditions",
        ),
        (
            'name = "x"\n[[check]]\ntype = "length"\n[[rule]]\nname = "r"\nwhen = ["length == true"]\nthen = "burn"',
            "then =",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        load_checks(written(tmp_path, text))
    assert said in caught.value.what
    assert caught.value.mend
    assert "checks.toml" in caught.value.where


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load_checks(tmp_path / "nope.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe name")
    with pytest.raises(BadInput, match="it is no TOML"):
        load_checks(tmp_path / "bytes.toml")


def test_every_kind_says_what_it_is() -> None:
    assert all(told.startswith(("Whether", "The ")) for told in types().values())
