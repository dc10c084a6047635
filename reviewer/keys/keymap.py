"""A keymap: which action a key runs in a stack of contexts, and which keys run an action."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reviewer.errors import BadInput
from reviewer.keys.actions import ACTIONS
from reviewer.keys.contexts import Context, Stack
from reviewer.keys.files import DEFAULT, KeymapFile, Source, find, read
from reviewer.keys.names import closest, glyph, normalise, passes_text, printable, types
from reviewer.keys.problem import Problem, refusal

Bindings = dict[str, tuple[str, ...]]
_TABLES = tuple(context.value for context in Context)


class Keymap:
    """The keys of every action, looked up both ways without a search."""

    __slots__ = ("_by_key", "_keys", "description", "name", "source")

    def __init__(self, source: Source, description: str, bindings: Mapping[str, tuple[str, ...]]) -> None:
        self.source = source
        self.name = source.name
        self.description = description
        self._keys = {name: tuple(bindings.get(name, ())) for name in ACTIONS}
        self._by_key: dict[Context, dict[str, str]] = {context: {} for context in Context}
        for name, keys in self._keys.items():
            table = self._by_key[ACTIONS[name].context]
            for key in keys:
                table.setdefault(key, name)

    def action(self, stack: Stack, key: str) -> str | None:
        """The action that `key` runs on a screen of `stack`, or None.

        The inner context goes first. A dialog lets nothing through, an open entry only what `passes_text` says.
        """
        if stack.entry and types(key):
            return None
        for context in stack.contexts:
            name = self._by_key[context].get(key)
            if name is not None and name not in stack.absent:
                return name
            if context is Context.DIALOG or (context is Context.TEXT and not passes_text(key)):
                return None
        return None

    def keys(self, action: str) -> tuple[str, ...]:
        """The keys of `action`, the first being the one to show; empty if it has none."""
        return self._keys[action]

    def reaching(self, stack: Stack, action: str) -> tuple[str, ...]:
        """Those keys of `action` that run it on a screen of `stack`, no inner context taking them first."""
        return tuple(key for key in self._keys[action] if self.action(stack, key) == action)

    def hint(self, action: str, stack: Stack | None = None) -> str:
        """The key to show for `action`, as people write it; empty if there is none (in `stack`, if given)."""
        keys = self._keys[action] if stack is None else self.reaching(stack, action)
        return glyph(keys[0]) if keys else ""

    def in_context(self, context: Context) -> Mapping[str, str]:
        """The keys bound in one context, and their actions."""
        return self._by_key[context]


def load(name: str = DEFAULT, own: Path | None = None) -> Keymap:
    """The keymap called `name`, shipped or from the folder `own`, which stands before the shipped ones.

    Raises BadInput where there is none of that name, or where it cannot be used, with the first reason.
    """
    keymap, problems = resolve(find(name, own), own)
    if problems:
        raise refusal(problems, name)
    return keymap


def resolve(source: Source, own: Path | None = None) -> tuple[Keymap, list[Problem]]:
    """The keymap of `source` over those that it extends, and what in it cannot be taken as it is written.

    Raises BadInput where a file of the line cannot be read or is missing.
    """
    file = read(source)
    bindings: Bindings = {}
    problems: list[Problem] = []
    for part in reversed(_line_of_descent(file, own)):
        own_bindings, found = _believe(part)
        bindings.update(own_bindings)
        problems += found
    problems += _clashes(file, bindings)
    return Keymap(source, file.description, bindings), problems


def _line_of_descent(file: KeymapFile, own: Path | None) -> list[KeymapFile]:
    """The file, what it extends, and so on."""
    line = [file]
    while line[-1].extends:
        last = line[-1]
        parent = find(last.extends, own, above=last.source)
        if any(parent.path == each.source.path for each in line):
            raise BadInput(
                f"the keymap extends itself by way of “{printable(last.extends)}”.",
                where=printable(str(last.source.path)),
                mend='Let one of them say extends = "default".',
            )
        line.append(read(parent))
    return line


def _believe(file: KeymapFile) -> tuple[Bindings, list[Problem]]:
    """The bindings of one file as far as they can be taken, and what cannot."""
    bindings: Bindings = {}
    problems = [
        _error(file, f"“{printable(entry)}” stands outside of a context.", "Put it under one, such as [rating].")
        for entry in file.strangers
    ]
    for table, entries in file.tables.items():
        if table not in _TABLES:
            mend = closest(table, _TABLES) or f"The contexts are {', '.join(_TABLES)}."
            problems.append(_error(file, f"“{printable(table)}” is no context.", mend, table))
            continue
        for name, written in entries.items():
            try:
                _check_place(name, Context(table))
                bindings[name] = _keys_of(name, written)
            except BadInput as error:
                problems.append(_error(file, error.what, error.mend, table, name))
    return bindings, problems


def _check_place(name: str, context: Context) -> None:
    if name not in ACTIONS:
        raise BadInput(
            f"“{printable(name)}” is no action.",
            mend=closest(name, ACTIONS) or "`reviewer keymap show` lists the actions.",
        )
    if (right := ACTIONS[name].context) is not context:
        raise BadInput(f"“{name}” is no action of [{context}].", mend=f"Put it under [{right}].")


def _keys_of(name: str, written: Any) -> tuple[str, ...]:
    if not isinstance(written, list) or not all(isinstance(key, str) for key in written):
        raise BadInput(f"the keys of “{name}” are no list.", mend=f'Write "{name}" = ["…"], or [] for none.')
    return tuple(dict.fromkeys(normalise(key) for key in written))


def _clashes(file: KeymapFile, bindings: Bindings) -> list[Problem]:
    """Keys that run two actions of one context once all files of the line are laid over each other."""
    problems = []
    first: dict[tuple[Context, str], str] = {}
    for name, keys in bindings.items():
        context = ACTIONS[name].context
        for key in keys:
            other = first.setdefault((context, key), name)
            if other == name:
                continue
            there, here = sorted((other, name), key=lambda action: file.line(context, action) or 0)
            what = f"“{key}” runs both “{here}” and “{there}” in [{context}]."
            mend = f'Take another key for one of them, or none: "{there}" = [].'
            problems.append(_error(file, what, mend, context, here))
    return problems


def _error(file: KeymapFile, what: str, mend: str, table: str = "", entry: str | None = None) -> Problem:
    line = file.line(table, entry) if table else None
    return Problem("error", what, mend, entry or "", printable(str(file.source.path)), line)
