"""Where tokens are kept: in the system's keyring, else in a file that its owner alone can read. Nowhere else."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Literal

from reviewer import vault
from reviewer.config import ensure_private, open_home
from reviewer.store.connection import Store
from reviewer.sync.trouble import RemoteTrouble
from reviewer.vault import KeyringSilent

Place = Literal["keyring", "file"]


def folder_of(store: Store) -> Path:
    """Where tokens of a store are kept that has no keyring: beside it, else in the home."""
    return (store.path.parent if store.is_file else open_home().path) / "tokens"


def keep(store: Store, remote: str, token: str) -> Place:
    """Keeps the token of a remote, in place of an earlier one; returns where."""
    with suppress(KeyringSilent):
        vault.put(_user(store, remote), token)
        _file(store, remote).unlink(missing_ok=True)
        return "keyring"
    folder = folder_of(store)
    ensure_private(folder)
    made = folder / f".{remote}.{os.getpid()}"
    made.unlink(missing_ok=True)
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{token}\n")
    made.replace(_file(store, remote))
    return "file"


def read(store: Store, remote: str, place: str) -> str:
    """The token of a remote. Raises RemoteTrouble where it is gone, or the keyring does not answer."""
    if place == "keyring":
        try:
            found = vault.get(_user(store, remote))
        except KeyringSilent as error:
            raise RemoteTrouble(
                "the system's keyring, which has the token, does not answer.",
                mend=f"Unlock it, or run `reviewer remote add {remote} URL` again with the token.",
                code="no_token",
            ) from error
        if found:
            return found
    else:
        try:
            return _file(store, remote).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            pass
    raise RemoteTrouble(
        f"the token for '{remote}' is gone.",
        mend=f"Run `reviewer remote add {remote} URL` again with one.",
        code="no_token",
    )


def forget(store: Store, remote: str) -> None:
    """Throws the token of a remote away, wherever it is."""
    _file(store, remote).unlink(missing_ok=True)
    with suppress(KeyringSilent):
        vault.forget(_user(store, remote))


def _user(store: Store, remote: str) -> str:
    # Two homes of one person may work for one server as two raters.
    return f"{remote} {store.device}"


def _file(store: Store, remote: str) -> Path:
    return folder_of(store) / f"{remote}.token"
