"""The house holds together: rooms import from floors under them, and nothing heavy loads before it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.filling import fill, fresh

ROOT = Path(__file__).parents[1]
LATE = ("scipy", "numpy", "httpx", "fastapi", "alembic", "yaml", "keyring")
NOT_FOR_HELP = (*LATE, "textual", "rich", "sqlmodel", "sqlalchemy", "pydantic", "orjson", "asyncio", "sqlite3")


def loaded_after(code: str, *arguments: str) -> set[str]:
    """The modules of a fresh process that ran `code`."""
    told = f"{code}\nimport sys\nprint('LOADED', *sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", told, *arguments], capture_output=True, text=True, cwd=ROOT, check=False, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    line = ended.stdout.splitlines()[-1]
    assert line.startswith("LOADED")
    return set(line.split()[1:])


def test_a_room_imports_only_from_floors_under_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


def test_help_loads_nothing_that_help_does_not_need() -> None:
    loaded = loaded_after("from reviewer.cli import run\nassert run(['--help']) == 0")
    assert "reviewer.cli" in loaded
    assert loaded.isdisjoint(NOT_FOR_HELP)


@pytest.mark.parametrize("module", ["reviewer.tui.app", "reviewer.plain"])
def test_nothing_heavy_loads_before_the_first_item(tmp_path: Path, module: str) -> None:
    fill(fresh(tmp_path / "home"))
    code = f"""
import sys
from pathlib import Path
import reviewer.cli.rate, {module}
from reviewer.cli.options import home_at, store_at
from reviewer.session.sitting import Sitting
sitting = Sitting.open(store_at(home_at(Path(sys.argv[1]))), "kyc", "ana")
assert sitting.view is not None
"""
    loaded = loaded_after(code, str(tmp_path / "home"))
    assert {module, "reviewer.session.sitting"} <= loaded
    assert loaded.isdisjoint(LATE)
