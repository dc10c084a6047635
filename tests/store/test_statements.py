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


def test_reading_a_queue_loads_no_sqlalchemy() -> None:
    program = "import sys, reviewer.session.sitting; print('sqlalchemy' in sys.modules, 'sqlmodel' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["False", "False"]
