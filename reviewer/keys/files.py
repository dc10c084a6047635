"""Keymap files: where they lie, and what one says before anything of it is believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer.errors import BadInput
from reviewer.keys.names import closest, printable
from reviewer.shipped import shipped_folder

DEFAULT = "default"
_HEADER = re.compile(r"""\s*\[\s*["']?([\w.-]+)["']?\s*\]""")
_ENTRY = re.compile(r"""\s*(?:"([^"]+)"|'([^']+)'|([\w.-]+))\s*=""")


@dataclass(frozen=True, slots=True)
class Source:
    """A keymap file that can be named: by its stem, shipped with the program or the user's own."""

    name: str
    path: Path
    shipped: bool


@dataclass(frozen=True, slots=True)
class KeymapFile:
    """One file as it stands: its tables by context and action, keys as they are written.

    `extends` names the keymap that it changes, empty if it stands alone. `strangers` are entries that are no
    table at the place of one.
    """

    source: Source
    description: str
    extends: str
    tables: Mapping[str, Mapping[str, Any]]
    strangers: tuple[str, ...]
    text: str

    def line(self, table: str, entry: str | None = None) -> int | None:
        """The line on which a table, or an entry of it, begins; None if it is written in another way."""
        within = ""
        for number, row in enumerate(self.text.splitlines(), start=1):
            if header := _HEADER.match(row):
                within = header[1]
                if within == table and entry is None:
                    return number
            elif within == table and (found := _ENTRY.match(row)) and entry in found.groups():
                return number
        return None


def available(own: Path | None = None) -> tuple[Source, ...]:
    """Every keymap that can be named, by name; one in the folder `own` stands before a shipped one."""
    found = {path.stem: Source(path.stem, path, True) for path in shipped_folder("keymaps").glob("*.toml")}
    if own is not None and own.is_dir():
        found.update({path.stem: Source(path.stem, path, False) for path in own.glob("*.toml")})
    return tuple(found[name] for name in sorted(found))


def find(name: str, own: Path | None = None, *, above: Source | None = None) -> Source:
    """The keymap called `name`, for `above` to extend if that is given.

    What extends its own name means the shipped one, and shipped keymaps stand on shipped ones only.

    Raises BadInput where there is none.
    """
    sources = {source.name: source for source in available(own)}
    if above is not None and (above.shipped or above.name == name):
        sources = {source.name: source for source in available()}
    if name in sources:
        return sources[name]
    mend = closest(name, sources) or f"There are: {', '.join(printable(each) for each in sources)}."
    raise BadInput(f"there is no keymap “{printable(name)}”.", mend=mend)


def read(source: Source) -> KeymapFile:
    """What the file of `source` says.

    Raises BadInput where it cannot be read, is not TOML, or its head says what no keymap can be.
    """
    import tomllib

    where = printable(str(source.path))
    try:
        text = source.path.read_bytes().decode("utf-8-sig")
        document = tomllib.loads(text)
    except OSError as error:
        raise BadInput(
            f"the keymap cannot be read ({error.strerror}).", where=where, mend="Mend its name or permissions."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(
            f"the keymap is not TOML: {printable(str(error))}.",
            where=where,
            mend='A line reads "rate.submit" = ["enter"], under a heading such as [rating].',
        ) from error
    name = _word(document, "name", source.name, where)
    if name != source.name:
        raise BadInput(
            f"the keymap calls itself “{printable(name)}”, and its file “{printable(source.name)}”.",
            where=where,
            mend="A keymap is known by its file: give both one name, or leave `name` out.",
        )
    extends = _word(document, "extends", _parent(source), where)
    description = printable(_word(document, "description", "", where))
    tables = {key: _flat(value) for key, value in document.items() if isinstance(value, dict)}
    return KeymapFile(source, description, extends, tables, tuple(sorted({*document} - {*tables})), text)


def _word(document: dict[str, Any], key: str, default: str, where: str) -> str:
    value = document.pop(key, default)
    if not isinstance(value, str):
        raise BadInput(f"`{key}` is not a text.", where=where, mend=f'Write {key} = "…".')
    return value


def _parent(source: Source) -> str:
    """What a file that says nothing of it extends: the default, which itself stands alone."""
    return "" if source.shipped and source.name == DEFAULT else DEFAULT


def _flat(table: dict[str, Any]) -> dict[str, Any]:
    """`rate.submit = …` without quotes is a table in a table to TOML, and the same action to people."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{inner}": keys for inner, keys in value.items()})
        else:
            flat[key] = value
    return flat
