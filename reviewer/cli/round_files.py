"""Certificates as files, one a rater."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reviewer.errors import BadInput


def made_folder(out: Path | None) -> Path | None:
    """The folder, made where it is missing. Raises BadInput where it cannot be made."""
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(
                f"the folder cannot be made ({error.strerror}).", where=str(out), mend="Name another with --out."
            ) from error
    return out


def write_certificates(folder: Path | None, documents: list[dict[str, Any]]) -> list[str]:
    """Writes each certificate into a file that its rater's name names."""
    if folder is None:
        return []
    import orjson

    from reviewer.exchange.labels.out import written_whole

    files: dict[str, None] = {}
    for document in documents:
        plain = "".join(mark if mark.isalnum() or mark in "-_" else "_" for mark in document["rater"])[:80]
        to = str(folder / f"{plain}.json")
        number = 2
        while to in files:
            to, number = str(folder / f"{plain}-{number}.json"), number + 1
        with written_whole(Path(to)) as stream:
            stream.write(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        files[to] = None
    return list(files)
