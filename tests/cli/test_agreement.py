"""`reviewer agreement --file`: the table, the JSON, the CSV, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from reviewer.cli.agreement import agreement
from reviewer.errors import BadInput, ReviewerError, WrongUsage
from reviewer.measure.agreement.report import MEASURES
from tests.measure.material import shared


def run(*arguments: object, width: int = 80) -> Result:
    return CliRunner().invoke(agreement, [str(one) for one in arguments], env={"COLUMNS": str(width)})


def error(result: Result) -> ReviewerError:
    assert isinstance(result.exception, ReviewerError)
    return result.exception


def report(*arguments: object) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    lines = ["item,rater,value,criterion"]
    for item in range(80):
        truth = rng.integers(1, 6)
        for rater in ("ana", "ben", "chi"):
            if rng.random() < 0.9:
                lines.append(f"{item},{rater},{truth if rng.random() < 0.7 else rng.integers(1, 6)},clear")
            lines.append(f"{item},{rater},{'yes' if truth > 2 or rng.random() < 0.1 else 'no'},safe")
    path = tmp_path / "ratings.csv"
    path.write_text("\n".join([*lines, "1,ana,9,clear", "1,ana,,safe"]) + "\n")
    return path


def test_the_table_says_it_all_in_eighty_columns(table: Path) -> None:
    result = run("--file", table, "--rounds", 200, "--scale", "1-5", "--criterion", "clear", "--width", 0.05)
    assert result.exit_code == 0, result.output
    shown = result.stdout
    assert "of 80 items by 3 raters" in shown
    assert "Ordinal level, scale as named: 1 to 5." in shown
    assert "200 resamples of the items, seed 0" in " ".join(shown.split())
    assert "Krippendorff's alpha" in shown
    assert "Undefined: Cohen's kappa," in shown
    assert "raters, least agreed first" in shown
    assert "without rater" in shown
    assert "items that cost most" in shown
    assert "would make it 0.05 wide" in " ".join(shown.split())
    assert shown.count("●") >= 10
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert "1 rating dropped: the value is blank (line " in result.stderr
    assert "1 rating dropped: the value is not on the scale (clear: '9', say)" in result.stderr


def test_every_criterion_has_its_own_level(table: Path) -> None:
    told = report("--file", table, "--rounds", 100, "--seed", 3)
    assert set(told) == {"criteria", "dropped", "settings"}
    clear, safe = told["criteria"]["clear"], told["criteria"]["safe"]
    assert (clear["level"], safe["level"]) == ("ordinal", "nominal")
    assert clear["scale"] == "seen"
    assert clear["points"] == [1, 2, 3, 4, 5, 9]
    assert safe["points"] == ["no", "yes"]
    assert set(clear["measures"]) == set(MEASURES)
    assert clear["missing"] == clear["items"] * clear["raters"] - clear["ratings"]
    assert safe["measures"]["icc_2_1"]["value"] is None
    assert safe["measures"]["icc_2_1"]["why"] == "nominal points have no order"
    assert safe["measures"]["krippendorff_alpha"]["low"] < safe["measures"]["krippendorff_alpha"]["value"]
    assert [row["raters"] for row in safe["pairs"]] == [["ana", "ben"], ["ana", "chi"], ["ben", "chi"]]
    assert [row["rater"] for row in clear["raters_out"]] == ["ana", "ben", "chi"]
    assert {"contingency", "items", "rater", "prevalence", "large_sample"} <= set(clear["explain"])
    assert told["dropped"] == {"the value is blank": 1}
    assert clear["dropped"] == {"the rater rated the item before": 1} or clear["dropped"] == {}


def test_the_csv_has_every_figure(table: Path) -> None:
    result = run("--file", table, "--rounds", 0, "--csv")
    assert result.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    panel = [row for row in rows if row["of"] == "panel" and row["criterion"] == "clear"]
    assert [row["measure"] for row in panel] == list(MEASURES)
    assert {row["raters"] for row in rows if row["of"] == "pair"} == {"ana|ben", "ana|chi", "ben|chi"}
    told = report("--file", table, "--rounds", 0)["criteria"]["clear"]["measures"]
    by_name = {row["measure"]: row for row in panel}
    assert float(by_name["gwet_ac1"]["value"]) == told["gwet_ac1"]["value"]
    assert by_name["cohen_kappa"]["value"] == ""
    assert "for two raters" in by_name["cohen_kappa"]["why"]


def test_wide_tables_and_standard_input() -> None:
    wide = "doc,ana,ben\n1,1,1\n2,2,3\n3,,2\n4,3,3\n"
    result = CliRunner().invoke(agreement, ["--file", "-", "--rounds", "0", "--json"], input=wide)
    told = json.loads(result.stdout)["criteria"]["score"]
    assert (told["items"], told["raters"], told["ratings"], told["missing"]) == (4, 2, 7, 1)
    assert told["measures"]["percent_agreement"]["value"] == pytest.approx(2 / 3)
    assert told["measures"]["percent_agreement"]["dropped"] == {"rated once": 1}
    assert told["measures"]["cohen_kappa"]["n"] == 3
    assert told["explain"]["contingency"]["counts"] == [[1, 0, 0], [0, 0, 1], [0, 0, 1]]


def test_a_file_of_recipes_by_renamed_columns() -> None:
    path = shared("recipes", "ratings.tsv")
    known = json.loads(shared("recipes", "reference.json").read_text())["criteria"]["overall"]
    names = ("item=recipeid", "system=condition", "rater=participant", "value=overall")
    mapped = [word for name in names for word in ("--map", name)]
    told = report("--file", path, *mapped, "--scale", "1-6", "--rounds", 100)["criteria"]["score"]
    assert (told["items"], told["raters"], told["ratings"]) == (52, 88, 1056)
    assert told["measures"]["krippendorff_alpha"]["value"] == pytest.approx(known["published"], abs=1e-12)


def test_a_unanimous_panel_is_shown_as_undefined(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("item,ana,ben\n" + "".join(f"{at},3,3\n" for at in range(12)))
    shown = " ".join(run("--file", path, "--scale", "1-5").stdout.split())
    assert "Krippendorff's alpha; all 24 ratings are 3: agreement is 100 %, and chance would give no less." in shown
    assert "Never given: 1, 2, 4, 5." in shown


def test_nothing_to_measure_is_shown_too(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("item,rater,value\n1,ana,3\n2,ben,4\n")
    assert "Nothing can be measured: no item has two ratings." in run("--file", path).stdout


def test_hostile_names_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("item,[red]a,\x1b[31mb,[/]\n1,[bold],x,x\n2,x,\x1b[2J,x\n[link],x,x,[bold]\n")
    result = run("--file", path)
    assert result.exit_code == 0
    assert "[red]a" in result.stdout
    assert "[bold]" in result.stdout
    assert "\x1b[31m" not in result.stdout
    assert "\x1b[2J" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("--file", "nowhere.csv"), BadInput),
        (("--file", "nowhere.csv", "--level", "cardinal"), WrongUsage),
        (("--file", "nowhere.csv", "--scale", "5"), WrongUsage),
        (("--file", "nowhere.csv", "--alpha", "2"), WrongUsage),
        (("--file", "nowhere.csv", "--width", "0"), WrongUsage),
        (("--file", "nowhere.csv", "--rounds", "5"), WrongUsage),
        (("--file", "nowhere.csv", "--map", "item"), WrongUsage),
        (("--file", "nowhere.csv", "--csv", "--json"), WrongUsage),
        (("--file", "nowhere.csv", "--weights", "cubic"), WrongUsage),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], kind: type[ReviewerError]) -> None:
    raised = error(run(*arguments))
    assert isinstance(raised, kind)
    assert raised.mend


def test_a_criterion_that_is_not_there(table: Path) -> None:
    said = str(error(run("--file", table, "--criterion", "tone")))
    assert "there is no criterion 'tone'" in said
    assert "clear" in said.partition("There are: ")[2]


def test_without_a_table_it_says_how_it_is_used() -> None:
    raised = error(run())
    assert isinstance(raised, WrongUsage)
    assert "--file RATINGS" in raised.mend
    assert isinstance(error(run("kyc", "--file", "nowhere.csv")), WrongUsage)
    assert isinstance(error(run("--file", "nowhere.csv", "--raters", "all")), WrongUsage)
    assert isinstance(error(run("kyc", "--map", "item=Case")), WrongUsage)
