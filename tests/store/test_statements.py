"""The statements that were compiled ahead are those that the sources define."""

from __future__ import annotations

import subprocess
import sys

import orjson

from reviewer.store.statements import COMPILED, Statements, compile_all, statements


def test_the_compiled_statements_are_fresh() -> None:
    kept = orjson.loads(COMPILED.read_bytes())
    assert kept == compile_all(), "run `python -m reviewer.store.statements`"


def test_every_statement_is_found_by_its_name() -> None:
    for name in orjson.loads(COMPILED.read_bytes())["statements"]:
        module, _, statement = name.partition(".")
        sql, _fixed = getattr(statements(module), statement).text()
        assert sql


def test_a_statement_that_is_not_in_the_file_is_compiled_from_its_definition() -> None:
    found = Statements("order")._defined("batches")
    assert found.text() == statements("order").batches.text()


EVERY_SCREEN = """
import sys
from importlib import import_module
from pkgutil import walk_packages
for room in ("session", "tui"):
    for module in walk_packages(import_module(f"reviewer.{room}").__path__, f"reviewer.{room}."):
        import_module(module.name)
print("sqlalchemy" in sys.modules, "sqlmodel" in sys.modules)
"""


def test_no_screen_loads_sqlalchemy() -> None:
    ended = subprocess.run([sys.executable, "-c", EVERY_SCREEN], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["False", "False"]
