"""What a set of checks names outside itself: read once, so that the set is whole without its folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reviewer.errors import BadInput

_LARGEST = 1 << 20


def embedded(document: Mapping[str, Any], folder: Path, where: str) -> dict[str, Any]:
    """The document with the files in it that its checks name, relative to `folder`: another content is another set.

    Raises BadInput for one that cannot be read.
    """
    checks = document.get("check")
    if not isinstance(checks, list):
        return dict(document)
    made = [
        _check(table, folder, f"{where}: check {number}") if isinstance(table, dict) else table
        for number, table in enumerate(checks, 1)
    ]
    return {**document, "check": made}


def _check(table: dict[str, Any], folder: Path, at: str) -> dict[str, Any]:
    if table.get("type") == "json_schema" and isinstance(table.get("schema_file"), str):
        return _with_schema(table, folder, at)
    if table.get("type") == "command":
        return _with_sources(table, folder, at)
    return table


def _with_schema(table: dict[str, Any], folder: Path, at: str) -> dict[str, Any]:
    if "schema" in table:
        raise BadInput("schema and schema_file are both there.", where=at, mend="Leave one out.")
    path = folder / table["schema_file"]
    try:
        schema = json.loads(_text(path, at))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path.name} is no JSON.", where=at, mend="Name a file that holds a JSON Schema.") from error
    if not isinstance(schema, dict):
        raise BadInput(f"{path.name} holds no JSON Schema.", where=at, mend="Name a file that holds an object.")
    return {**{name: value for name, value in table.items() if name != "schema_file"}, "schema": schema}


def _with_sources(table: dict[str, Any], folder: Path, at: str) -> dict[str, Any]:
    """With the text of the file that is run by us, and the digests of the files that a command names."""
    made = {name: value for name, value in table.items() if name not in ("source", "files")}
    named = next((table[kind] for kind in ("python", "unit_tests") if isinstance(table.get(kind), str)), None)
    if named is not None:
        file = named.rpartition(":")[0] if "python" in table else named
        made["source"] = _text(folder / file, at) if file else ""
    run = table.get("run")
    if isinstance(run, list):
        files = {one: _digest(Path(one)) for one in run if isinstance(one, str) and _is_file(one)}
        if files:
            made["files"] = files
    return made


def _is_file(name: str) -> bool:
    try:
        path = Path(name)
        return path.is_file() and path.stat().st_size <= _LARGEST
    except (OSError, ValueError):
        return False


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:  # one that may be run and not read
        return ""


def _text(path: Path, at: str) -> str:
    try:
        if not path.is_file():
            raise BadInput(f"there is no file {path}.", where=at, mend="Name it as seen from the file of the checks.")
        if path.stat().st_size > _LARGEST:
            raise BadInput(f"{path.name} is larger than a megabyte.", where=at, mend="Name a smaller file.")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}).", where=at, mend="Check the path.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is no text in UTF-8.", where=at, mend="Name the right file.") from error
