"""`reviewer demo`: the workstation on the sample queues, in a home of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from reviewer.cli.demo_triage import EXPERTS, prepare
from reviewer.config import Home, ensure_private, open_home
from reviewer.errors import BadInput, WrongUsage
from reviewer.shipped import shipped_folder

if TYPE_CHECKING:
    from reviewer.store.connection import Store

QUEUES: dict[str, dict[str, Any]] = {
    "kyc-summaries": {"show": ["document", "jurisdiction"], "goal": 20},
    "clinical-questions": {"show": ["setting", "audience"], "reference": True},
    "support-replies": {"show": ["channel"]},
    "incident-notices": {"show": ["severity", "audience"]},
    "claim-letters": {"show": ["line"]},
    "medication-advice": {
        "show": ["topic", "audience"],
        "adjudicate": ["range>=2", "disagree:safe", "disagree:urgency", "flagged"],
    },
    "screening-notes": {"show": ["country"]},
}
"""The sample queues by the folders of sample_data, each with the settings that its team would choose."""

COMPARED = {"incident-notices": ("pairwise", "balanced=2"), "claim-letters": ("ranking", None)}
"""The kinds of the sample queues that compare, and which outputs a pair is made of."""

LABELLED = {"medication-advice": ("labels.csv", "flagged.jsonl")}
"""The sample queues that colleagues have rated, and disagree on."""

ROUND = "support-replies-round-1"
"""The calibration round: what two colleagues have rated of one of the queues, and is still to be rated here."""

_ROUND_OF, _COLLEAGUES = "support-replies", ("mira", "tomasz")
_MARK = "demo.txt"
_MARKED = "This folder belongs to `reviewer demo`; `reviewer demo --reset` makes its store anew.\n"
_SUFFIXES = ("", "-wal", "-shm", "-journal")


@click.command()
@click.option("--reset", is_flag=True, help="Deletes the labels given in the demo, and makes it anew.")
@click.option("--yes", is_flag=True, help="Does not ask before a reset.")
@click.option("--plain", is_flag=True, help="Opens the first queue line by line.")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder for the demo; else `demo` in the home folder.",
)
def demo(reset: bool, yes: bool, plain: bool, home: Path | None) -> None:
    """Opens the workstation on sample data, in a home of its own.

    Three queues to rate: compliance summaries of a bank, answers to patients, replies to customers. One of blind pairs,
    notices after incidents; one to rank, letters on insurance claims. A calibration round, six replies that two
    colleagues have rated before you: rate them, then see what the others said. One queue that three colleagues have
    rated and dispute: `reviewer adjudicate medication-advice` decides. One that checks and a judge have seen whole,
    and what they leave for an expert, screening-notes-experts: rate it, then `reviewer judge align
    screening-notes-experts` says how far to trust that judge. What you say there is kept; to use other commands on it,
    give them the same --home.

    \b
    Examples:
      reviewer demo
      reviewer demo --plain
      reviewer demo --reset
    """
    from reviewer.cli.rate import read_plainly, workstation

    _keep_to_the_file()
    chosen = open_home(_folder(home))
    _refuse_foreign(chosen)
    if reset and chosen.store.exists():
        if not yes and sys.stdin.isatty() and not click.confirm("Delete what you rated in the demo?", err=True):
            click.echo("Nothing was changed.", err=True)
            return
        _clear(chosen)
    _prepare(chosen)
    if plain:
        read_plainly(chosen.path, next(iter(QUEUES)), None)
    else:
        workstation(chosen.path)
        click.echo(f"The demo is kept in {click.format_filename(chosen.path)}: other commands read it with --home.")


def _keep_to_the_file() -> None:
    """Samples have no place in a team's database either, whoever names it."""
    given = click.get_current_context().find_root().ensure_object(dict)
    if given.get("database"):
        raise WrongUsage("the demo has a store of its own.", mend="Leave --database out.")
    given["database"] = ""


def _folder(named: Path | None) -> Path:
    """The folder that was named on the command line, else one of the demo's own in the home folder.

    A home that the environment names is the person's own, where samples have no place.
    """
    root = click.get_current_context().find_root()
    if named is None and root.get_parameter_source("home") is ParameterSource.COMMANDLINE:
        named = root.params["home"]
    return named or open_home().path / "demo"


def _refuse_foreign(home: Home) -> None:
    if home.store.exists() and not (home.path / _MARK).exists():
        raise WrongUsage(
            "this home holds a store that the demo did not make.",
            where=str(home.path),
            mend="Name another folder with --home, or leave it out.",
        )


def _clear(home: Home) -> None:
    for path in (home.store.with_name(home.store.name + suffix) for suffix in _SUFFIXES):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise BadInput(
                f"cannot be deleted ({error.strerror}).", where=str(path), mend="Mend its permissions."
            ) from error


def _prepare(home: Home) -> None:
    """Imports the sample queues that are not there yet, each with its rubric."""
    from reviewer.store import queues
    from reviewer.store.connection import Store

    ensure_private(home.path)
    _mark(home.path)
    store = Store.open(home.store)
    with store.reading() as connection:
        missing = [name for name in (*QUEUES, ROUND, EXPERTS) if queues.find(connection, name) is None]
    if missing:
        click.echo(f"Preparing the sample queues in {click.format_filename(home.path)} …", err=True)
    for name in missing:
        if name == ROUND:
            _start_round(store, home.rater())
        elif name == EXPERTS:
            prepare(store, home.rater())
        else:
            _import(store, name, home.rater())


def _mark(folder: Path) -> None:
    if (folder / _MARK).exists():
        return
    try:
        (folder / _MARK).touch(mode=0o600)
        (folder / _MARK).write_text(_MARKED, encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"the folder cannot be written ({error.strerror}).", where=str(folder), mend="Name another one with --home."
        ) from error


def _import(store: Store, name: str, rater: str) -> None:
    from reviewer.exchange import registry
    from reviewer.exchange.intake import ImportOptions, import_items
    from reviewer.rubric import load_rubric
    from reviewer.store.pairs import parse_pairs

    folder = shipped_folder("sample_data") / name
    kind, pairs = COMPARED.get(name, ("rating", None))
    with registry.read([folder / "items.jsonl"]) as reader:
        options = ImportOptions(
            rubric=load_rubric(folder / "rubric.yaml"),
            kind=kind,
            pairs=parse_pairs(pairs) if pairs else None,
            settings=QUEUES[name],
            strict=True,
        )
        done = import_items(store, name, reader, rater=rater, options=options)
    if not done.published:
        raise BadInput("the sample data cannot be imported.", where=str(folder), mend="Install Reviewer again.")
    for file in LABELLED.get(name, ()):
        _import_labels(store, name, folder / file, rater)


def _import_labels(store: Store, name: str, file: Path, rater: str) -> None:
    from reviewer.exchange.labels.read import LabelReader
    from reviewer.exchange.labels.take import LabelOptions, import_labels

    with LabelReader(file, {}) as reader:
        import_labels(store, name, reader, rater=rater, options=LabelOptions(strict=True))


def _start_round(store: Store, rater: str) -> None:
    """Starts the round on the very tasks that the colleagues have rated, and takes their labels in."""
    import csv

    from reviewer.session.starting import Plan, start

    file = shipped_folder("sample_data") / _ROUND_OF / "round.csv"
    with file.open(encoding="utf-8", newline="") as rows:
        rated = list(dict.fromkeys((row["item"], row["system"]) for row in csv.DictReader(rows)))
    members = tuple(dict.fromkeys((*_COLLEAGUES, rater)))
    start(store, _ROUND_OF, Plan(members, tasks=tuple(_tasks(store, rated)), name=ROUND), rater)
    _import_labels(store, ROUND, file, rater)


def _tasks(store: Store, outputs: list[tuple[str, str]]) -> Iterator[str]:
    from reviewer.store import label_rows, queues

    with store.reading() as connection:
        queue = queues.find(connection, _ROUND_OF)
        assert queue is not None
        for key, system in outputs:
            for task in label_rows.tasks_of_key(connection, queue.id, key):
                if any(output.system == system for output in label_rows.outputs_of(connection, task.id)):
                    yield task.id
