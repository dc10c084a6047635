"""The statements that a screen waits for, compiled ahead of time.

Each module here defines its statements with Core. What they compile to for SQLite lies in `compiled.json`, so that the
program starts without loading SQLAlchemy, which takes longer than all the rest of the start. `python -m
reviewer.store.statements` writes that file anew; one that is older than the sources is not used, and the statements
are then compiled as they are needed. So they are for PostgreSQL.
"""

from __future__ import annotations

import hashlib
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson

from reviewer.store.prepared import Prepared

FOLDER = Path(__file__).parent
COMPILED = FOLDER / "compiled.json"


class Statements:
    """The statements of one module by name: from the file, else compiled from their definition."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Prepared:
        kept = _catalogue().get(f"{self._module}.{name}")
        define = partial(self._defined, name)
        found = Prepared.compiled(kept["sql"], kept["fixed"], define) if kept else define()
        setattr(self, name, found)
        return found

    def _defined(self, name: str) -> Prepared:
        found = getattr(import_module(f"{__name__}.{self._module}"), name)
        assert isinstance(found, Prepared)
        return found


@cache
def statements(module: str) -> Statements:
    """The statements that `reviewer/store/statements/<module>.py` defines."""
    return Statements(module)


def sources() -> list[Path]:
    """What the compiled statements depend on."""
    around = FOLDER.parent
    tables = sorted((around / "tables").glob("*.py"))
    return [*sorted(FOLDER.glob("[!_]*.py")), around / "prepared.py", around / "dialects.py", *tables]


def digest_of_sources() -> str:
    """SHA-256 over the sources, so that a file of another state is known as such."""
    whole = hashlib.sha256()
    for path in sources():
        whole.update(path.read_bytes())
    return whole.hexdigest()


def compile_all() -> dict[str, Any]:
    """Every statement of every module, as the file holds it."""
    found: dict[str, Any] = {}
    for path in sorted(FOLDER.glob("[!_]*.py")):
        module = import_module(f"{__name__}.{path.stem}")
        for name, value in vars(module).items():
            if isinstance(value, Prepared):
                sql, fixed = value.text()
                found[f"{path.stem}.{name}"] = {"sql": sql, "fixed": fixed}
    return {"digest": digest_of_sources(), "statements": found}


@cache
def _catalogue() -> dict[str, Any]:
    try:
        kept = orjson.loads(COMPILED.read_bytes())
        fresh = kept["digest"] == digest_of_sources()
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        return {}
    return dict(kept["statements"]) if fresh else {}
