"""Every command goes to the store in a database that it was given, in whatever way it was given."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest

from reviewer.cli import program
from reviewer.store.postgres import open_database
from reviewer.store.version import SCHEMA_VERSION
from tests.cli.running import Command, commands
from tests.databases import Databases
from tests.postgres import database
from tests.store.filling import fill, rate, sit

DEMO = Path(__file__).parents[2] / "sample_data" / "support-replies"
UNREACHABLE = "postgresql://reviewer:s3cret@127.0.0.1:1/reviewer"


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    with database(databases.server) as url:
        yield url


@pytest.fixture
def made(url: str, reviewer: Command) -> str:
    assert reviewer("store", "upgrade", "--database", url).code == 0
    return url


@pytest.fixture
def reviewer(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.delenv("REVIEWER_DATABASE", raising=False)
    return commands(tmp_path / "home", capsys)


@pytest.fixture(params=["file", "postgresql"])
def anywhere(request: pytest.FixtureRequest, reviewer: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`reviewer` with a store in its home, and with one in a database."""
    if request.param == "postgresql":
        monkeypatch.setenv("REVIEWER_DATABASE", request.getfixturevalue("made"))
    return reviewer


def typed(text: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode()))


def test_a_team_works_by_the_commands_alone(
    anywhere: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    def told(*arguments: str) -> str:
        ran = anywhere(*arguments)
        assert ran.code == 0, ran.err
        return ran.out

    items, rubric = str(DEMO / "items.jsonl"), str(DEMO / "rubric.yaml")
    assert anywhere("import", items, "-q", "kyc", "--rubric", rubric, "--dry-run", "--json").json["tasks"] == 44
    assert anywhere("import", items, "-q", "kyc", "--rubric", rubric, "--json").json["tasks"] == 44
    assert anywhere("import", items, "-q", "kyc", "--json").json["duplicates"] == 22
    assert anywhere("queue", "list", "--json").json["queues"][0]["tasks"] == 44
    told("queue", "set", "kyc", "overlap=2", "goal=3")
    assert anywhere("queue", "show", "kyc", "--json").json["settings"]["goal"] == 3
    assert "Tone" in told("rubric", "show", "kyc")
    told("rubric", "diff", "kyc", rubric)

    token = anywhere("user", "add", "ana", "--role", "rater", "--queue", "kyc", "--json").json["token"]
    assert token.split("_")[1] in told("user", "list")
    told("user", "revoke", "ana")

    for score in ("4", "5"):
        monkeypatch.setattr("sys.stdin", typed(f"{score}\n4\n1\n1\n1\n\n:quit\n"))
        assert "Saved" in told("rate", "kyc", "--rater", f"rater-{score}", "--plain")
    assert len(told("labels", "export", "kyc").splitlines()) == 2
    assert "rater-4" in told("labels", "log", "kyc")

    told("import", items, "-q", "scored", "--rubric", rubric)

    assert anywhere("agreement", "kyc", "--json").json["criteria"]
    assert "rater-4" in told("raters", "kyc")
    assert "No" in told("adjudicate", "kyc", "--list")
    told("round", "start", "scored", "--items", "3", "--raters", "ana,ben")
    assert "ben" in told("round", "status", "scored-round-1")
    assert anywhere("audit", "verify", "--json").json["holds"]
    assert "round.started" in told("audit", "show", "--last", "1")
    examined = {found["name"]: found["status"] for found in anywhere("doctor", "--json").json["findings"]}
    assert examined["store"] == examined["event log"] == examined["counts"] == "ok"
    on_a_server = "postgresql" in request.node.callspec.id
    assert (tmp_path / "home" / "reviewer.db").exists() is not on_a_server


def leaves(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        if found is not None:
            yield from leaves(found, f"{path} {name}")


def test_every_command_that_takes_a_home_takes_a_database_but_the_demo() -> None:
    for path, command in leaves(program, "reviewer"):
        options = [option for parameter in command.params for option in parameter.opts]
        assert options.count("--database") == options.count("--home") * (path != "reviewer demo"), path


@pytest.mark.parametrize("way", ["before", "after", "environment", "settings"])
def test_the_database_is_named_in_four_ways(
    way: str, made: str, tmp_path: Path, reviewer: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_database(made)) as store:
        fill(store, items=2)
    before, after = ["--database", made] if way == "before" else [], ["--database", made] if way == "after" else []
    if way == "environment":
        monkeypatch.setenv("REVIEWER_DATABASE", made)
    if way == "settings":
        (tmp_path / "home").mkdir()
        (tmp_path / "home" / "config.toml").write_text(f'database = "{made}"\n')
    listed = reviewer(*before, "queue", "list", "--json", *after).json
    assert [queue["name"] for queue in listed["queues"]] == ["kyc"]


def test_what_is_named_nearer_holds(
    made: str, tmp_path: Path, reviewer: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(f'database = "{UNREACHABLE}"\n')
    assert reviewer("queue", "list").code == 3
    monkeypatch.setenv("REVIEWER_DATABASE", made)
    assert reviewer("queue", "list").code == 0
    monkeypatch.setenv("REVIEWER_DATABASE", UNREACHABLE)
    assert reviewer("--database", made, "queue", "list").code == 0
    assert reviewer("--database", UNREACHABLE, "queue", "list", "--database", made).code == 0
    assert reviewer("--database", made, "queue", "list", "--database", UNREACHABLE).code == 3
    own = reviewer("queue", "list", "--database", "")
    assert str(home / "reviewer.db") in own.err


def test_a_home_before_the_command_is_nearer_than_the_environment(
    tmp_path: Path, reviewer: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVIEWER_HOME", str(tmp_path / "other"))
    assert str(tmp_path / "home") in reviewer("queue", "list").err


@pytest.mark.parametrize(
    "url",
    [
        UNREACHABLE,
        "postgresql://reviewer@127.0.0.1:1/reviewer?password=s3cret",
        "postgresql://reviewer:s3cret@127.0.0.1:1/reviewer?connect_timeout=soon",
        "postgresql://reviewer:x/s3cret@127.0.0.1:1/reviewer",
        "postgresql://reviewer:x@s3cret@127.0.0.1:1/reviewer",
        "postgresql://reviewer:x?s3cret@127.0.0.1:1/reviewer",
        "postgresql://reviewer:s3cret%zz@127.0.0.1/reviewer",
        "mysql://reviewer:s3cret@127.0.0.1/reviewer",
        "s3cret",
    ],
)
@pytest.mark.parametrize(
    "command", [("queue", "list"), ("store", "upgrade"), ("doctor",), ("user", "list"), ("rate", "kyc", "--plain")]
)
def test_the_password_is_never_told(url: str, command: tuple[str, ...], tmp_path: Path, reviewer: Command) -> None:
    ran = reviewer("--database", url, *command)
    assert ran.code in (2, 3)
    assert "s3cret" not in ran.out + ran.err
    assert not list((tmp_path).rglob("*.log"))


def test_settings_that_are_no_address_are_told_without_it(tmp_path: Path, reviewer: Command) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text('database = ["postgresql://reviewer:s3cret@127.0.0.1/x"]\n')
    ran = reviewer("queue", "list")
    assert ran.code == 3
    assert "'database' must be of type str" in ran.err
    assert "s3cret" not in ran.err


def test_what_needs_the_file_says_so(reviewer: Command, tmp_path: Path) -> None:
    ran = reviewer("--database", UNREACHABLE, "store", "backup", str(tmp_path / "copy.db"))
    assert ran.code == 2
    assert "pg_dump" in ran.err
    assert not (tmp_path / "copy.db").exists()


def test_samples_do_not_go_into_a_teams_database(
    made: str, reviewer: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = reviewer("--database", made, "demo", "--plain")
    assert ran.code == 2
    assert "--database" in ran.err
    monkeypatch.setenv("REVIEWER_DATABASE", made)
    monkeypatch.setattr("sys.stdin", typed(":quit\n"))
    assert reviewer("demo", "--plain", "--home", str(tmp_path / "demo")).code == 0
    assert (tmp_path / "demo" / "reviewer.db").exists()
    assert reviewer("queue", "list", "--json").json == {"queues": []}


def test_a_database_is_made_filled_and_examined(url: str, tmp_path: Path, reviewer: Command) -> None:
    made = reviewer("store", "upgrade", "--database", url)
    assert made.out == f"The database holds a store now, of schema {SCHEMA_VERSION}.\n"
    again = reviewer("store", "upgrade", "--database", url, "--json")
    assert again.json == {"from": SCHEMA_VERSION, "to": SCHEMA_VERSION, "copy": None}
    store = open_database(url)
    fill(store, items=3)
    sitting = sit(store)
    rate(sitting, 1, 2)
    assert sitting.close()
    store.close()

    verified = reviewer("audit", "verify", "--database", url, "--json").json
    assert (verified["labels"], verified["holds"]) == (2, True)
    examined = reviewer("doctor", "--database", url, "--json").json
    findings = {finding["name"]: finding["status"] for finding in examined["findings"]}
    assert findings["store"] == findings["event log"] == findings["counts"] == "ok"
    assert not (tmp_path / "home" / "reviewer.db").exists()


def test_an_empty_database_is_told_with_its_mend(url: str, reviewer: Command) -> None:
    for command in (["audit", "verify"], ["queue", "list"], ["user", "add", "ana"], ["rate", "kyc", "--plain"]):
        ran = reviewer(*command, "--database", url)
        assert ran.code == 3
        assert "there is no store in this database yet" in ran.err
        assert "reviewer store upgrade --database" in ran.err
    assert reviewer("doctor", "--database", url).code == 3
    assert reviewer("store", "upgrade", "--database", "labels.db").code == 2
