"""The examination of a keymap: what makes it unusable, and what its author should know."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

from reviewer.errors import BadInput
from reviewer.keys.actions import ACTIONS
from reviewer.keys.contexts import STACKS, Context, Stack
from reviewer.keys.files import KeymapFile, Source, read
from reviewer.keys.keymap import Keymap, resolve
from reviewer.keys.names import TRAPS, passes_text, printable
from reviewer.keys.problem import Problem


def check(source: Source, own: Path | None = None) -> list[Problem]:
    """All that is wrong with a keymap, errors first, then notes on shadowed keys and on traps.

    A keymap of the user's may leave an action to the command palette; a shipped one must have a key for each.
    Raises BadInput where a file cannot be read.
    """
    keymap, problems = resolve(source, own)
    if not problems:
        found = unreachable(keymap) + trapped(keymap) + shadowed(keymap)
        problems = _placed(found, read(source))
    return sorted(problems, key=lambda problem: problem.severity)


def _placed(problems: list[Problem], file: KeymapFile) -> list[Problem]:
    where = printable(str(file.source.path))
    return [
        replace(problem, file=where, line=file.line(ACTIONS[problem.action].context, problem.action))
        for problem in problems
    ]


def source_of(path: Path) -> Source:
    """A keymap file anywhere, as one that can be checked.

    Raises BadInput where it is no file of that kind.
    """
    if path.suffix != ".toml":
        raise BadInput("a keymap is a file that ends in .toml.", where=printable(str(path)), mend="Rename it.")
    return Source(path.stem, path, shipped=False)


def unreachable(keymap: Keymap) -> list[Problem]:
    """The actions that no key runs on a screen where they belong, every stack of contexts considered."""
    problems = []
    for name, action in ACTIONS.items():
        without = [
            stack.name
            for stack in STACKS
            if action.context in stack.answering and name not in stack.absent and not keymap.reaching(stack, name)
        ]
        if not without:
            continue
        only_palette = action.palette and not keymap.source.shipped
        how = "only the command palette runs" if only_palette else "nothing runs"
        what = f"{how} “{name}” in {', '.join(without)}{_why(keymap, name)}."
        mend = f'Give it a key that is free there, under [{action.context}]: "{name}" = ["…"].'
        problems.append(Problem("note" if only_palette else "error", what, mend, name))
    return problems


def _why(keymap: Keymap, name: str) -> str:
    keys = keymap.keys(name)
    return f" (an inner context takes {', '.join(keys)})" if keys else ""


def trapped(keymap: Keymap) -> list[Problem]:
    """The keys in use that do not arrive on every machine."""
    return [
        Problem("note", f"“{key}” of “{name}” may not arrive everywhere: {TRAPS[key]}.", action=name)
        for name in ACTIONS
        for key in keymap.keys(name)
        if key in TRAPS
    ]


def shadowed(keymap: Keymap) -> list[Problem]:
    """The keys that an inner context takes from an outer one, which is allowed and worth knowing."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for stack in STACKS:
        for inner, outer in combinations(stack.contexts, 2):
            for key, name in keymap.in_context(outer).items():
                taker = keymap.in_context(inner).get(key)
                if taker is None or not {taker, name}.isdisjoint(stack.absent) or _hidden(stack, outer, key):
                    continue
                found.setdefault((key, taker, name), []).append(stack.name)
    return [
        Problem("note", f"“{key}” runs “{taker}” before “{name}” in {', '.join(stacks)}.", action=taker)
        for (key, taker, name), stacks in found.items()
    ]


def _hidden(stack: Stack, context: Context, key: str) -> bool:
    """Whether an open entry keeps the key from the context in any case."""
    return context not in stack.answering and not passes_text(key)
