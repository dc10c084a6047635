"""What doctor asks of a store: is the file sound, does the chain hold, do the kept counts follow from the labels."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from reviewer.store import events
from reviewer.store.connection import Store, at_one_moment
from reviewer.store.figures import FIGURES
from reviewer.store.file_systems import file_system_of, is_network_file_system
from reviewer.store.intake import leftovers
from reviewer.store.prepared import Driver
from reviewer.store.troubles import StoreTrouble

Status = Literal["ok", "warn", "fail"]
_NAMED = 5
_MUST_BE_ON = ("fsync", "full_page_writes")
_SCARCE_BYTES = 200 * 2**20
_FROM_A_COPY = "Put a copy made by `reviewer store backup` in its place, and keep this file."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined: how it stands, and what to do where it does not stand well."""

    name: str
    status: Status
    what: str
    mend: str = ""

    def to_json(self) -> dict[str, str]:
        return asdict(self)


def examine(store: Store) -> Iterator[Finding]:
    """Everything about the inside of the store, one finding after the other; raises nothing for a damaged file."""
    checks: list[tuple[str, Callable[[Driver], Finding]]] = [
        ("event log", _chain),
        ("counts", _figures),
        ("imports", _leftovers),
    ]
    if store.is_file:
        checks = [("integrity", _integrity), ("references", _references), *checks]
        checks.append(("journal", lambda connection: _journal(connection, store.path)))
    else:
        checks = [("server", _server), *checks]
    for name, check in checks:
        try:
            # One moment for the whole check: raters may be at work.
            with store.reading() as connection, at_one_moment(connection):
                found = check(connection)
        except (StoreTrouble, sqlite3.Error, ValueError, LookupError, TypeError, AttributeError) as error:
            said = error.what if isinstance(error, StoreTrouble) else f"what is stored cannot be read ({error})."
            found = Finding(name, "fail", said, _FROM_A_COPY)
        yield found


def examine_file(home: Path, store: Path) -> Iterator[Finding]:
    """Everything about the file from outside: its folder, its rights, its disk."""
    yield _rights(home, store)
    yield _file_system(store)
    yield _room(home)


def _integrity(connection: Driver) -> Finding:
    said = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({_NAMED})")]
    if said == ["ok"]:
        return Finding("integrity", "ok", "the file is sound.")
    return Finding("integrity", "fail", f"the file is damaged: {'; '.join(said)}.", _FROM_A_COPY)


def _server(connection: Driver) -> Finding:
    """Whether a commit on the server outlives it, which those who run it may have traded for speed."""
    shown = {name: str(connection.execute(f"SHOW {name}").fetchone()[0]) for name in ("server_version", *_MUST_BE_ON)}
    off = [name for name in _MUST_BE_ON if shown[name] != "on"]
    told = f"PostgreSQL {shown['server_version']}"
    if not off:
        return Finding("server", "ok", f"{told} keeps what is committed.")
    mend = "Turn it on in the server's configuration: labels can be lost when its machine goes down."
    return Finding("server", "warn", f"{told} has {' and '.join(off)} off.", mend)


def _references(connection: Driver) -> Finding:
    broken = [f"{row[0]} → {row[2]}" for row in islice(connection.execute("PRAGMA foreign_key_check"), _NAMED)]
    if not broken:
        return Finding("references", "ok", "every row finds what it refers to.")
    return Finding("references", "fail", f"rows refer to what is not there: {', '.join(broken)}.", _FROM_A_COPY)


def _chain(connection: Driver) -> Finding:
    seen = events.verify(connection)
    if not seen.faults:
        return Finding("event log", "ok", f"{seen.events} events vouch for {seen.labels} labels.")
    first = "; ".join(fault.what for fault in seen.faults[:_NAMED])
    return Finding(
        "event log", "fail", f"{len(seen.faults)} faults: {first}.", "`reviewer audit verify` names them all."
    )


def _figures(connection: Driver) -> Finding:
    faults = [fault for figure in FIGURES for fault in islice(figure(connection), _NAMED)]
    if not faults:
        return Finding("counts", "ok", "heads, states, counters and orders follow from the labels.")
    said = "; ".join(faults[:_NAMED])
    return Finding("counts", "fail", f"what is kept beside the labels does not follow from them: {said}.", _FROM_A_COPY)


def _leftovers(connection: Driver) -> Finding:
    count = leftovers(connection)
    if not count:
        return Finding("imports", "ok", "no import left anything behind.")
    return Finding(
        "imports",
        "warn",
        f"{count} tasks of an import that is under way, or was killed, wait unseen.",
        "Import the file again: what was left is cleared first.",
    )


def _journal(connection: Driver, path: Path) -> Finding:
    mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0]).lower()
    wanted = "delete" if is_network_file_system(path) else "wal"
    if mode == wanted:
        return Finding("journal", "ok", f"the journal mode is {mode}.")
    status: Status = "fail" if wanted == "delete" else "warn"
    why = "a network file system has no memory that machines share" if wanted == "delete" else "raters wait for imports"
    mend = "End all programs that use the store, then open it again."
    return Finding(
        "journal", status, f"the journal mode is {mode}, not {wanted}: {why}.", mend if status == "fail" else ""
    )


def _rights(home: Path, store: Path) -> Finding:
    files = [store.with_name(store.name + suffix) for suffix in ("", "-wal", "-shm")]
    try:
        open_to_others = [str(path) for path in (home, *files) if _mode(path) & 0o077]
    except OSError as error:
        return Finding("rights", "fail", f"the home cannot be examined ({error.strerror}).", "Mend its permissions.")
    unwritable = [str(path) for path in (home, store) if path.exists() and not os.access(path, os.W_OK)]
    if unwritable:
        mend = f"chmod u+w {' '.join(unwritable)}, or name another home with --home."
        return Finding("rights", "fail", f"not writable for you: {', '.join(unwritable)}.", mend)
    if open_to_others:
        mend = f"chmod go-rwx {' '.join(open_to_others)}"
        return Finding("rights", "warn", f"others may read or enter: {', '.join(open_to_others)}.", mend)
    return Finding("rights", "ok", "only you may read the home and the store.")


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return 0


def _file_system(store: Path) -> Finding:
    kind = file_system_of(store) or "unknown"
    if is_network_file_system(store):
        return Finding(
            "file system",
            "warn",
            f"{kind} is a network file system: locks and syncs are only as good as its server.",
            "Keep the home on a local disk, and carry labels with `reviewer labels export`.",
        )
    return Finding("file system", "ok", f"the store lies on {kind}.")


def _room(home: Path) -> Finding:
    try:
        room = os.statvfs(home)
    except OSError as error:
        return Finding("disk", "fail", f"the disk cannot be examined ({error.strerror}).", "Check the path.")
    free = room.f_bavail * room.f_frsize
    said = f"{free / 2**20:.0f} MB are free."
    if free < _SCARCE_BYTES:
        return Finding("disk", "warn", said, "Make room before you go on: labels cannot be saved on a full disk.")
    return Finding("disk", "ok", said)


def worst(findings: list[Finding]) -> Status:
    """The worst status among `findings`."""
    found = {finding.status for finding in findings}
    return "fail" if "fail" in found else "warn" if "warn" in found else "ok"
