"""What travels with the program: keymaps and the sample project, in the wheel and in the source tree."""

from __future__ import annotations

from pathlib import Path

from reviewer.errors import BadInput


def shipped_folder(name: str) -> Path:
    """The folder of that name that comes with the program: in the wheel, else in the source tree.

    Raises BadInput where neither is there.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "_data" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise BadInput(f"the shipped folder {name} is missing.", where=str(package), mend="Install Reviewer again.")
