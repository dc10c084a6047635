"""Where tokens are kept: in the system's keyring, else in a file that its owner alone can read. Nowhere else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from reviewer.config import ensure_private, open_home
from reviewer.store.connection import Store
from reviewer.sync.trouble import RemoteTrouble

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

Place = Literal["keyring", "file"]
_R = TypeVar("_R")

_SERVICE = "reviewer"
_PATIENCE = 8.0
_PATIENCE_WITH_SCREEN = 60.0  # somebody has to be found, and to type the keyring's password
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "__CFBundleIdentifier", "TERM_PROGRAM")


def folder_of(store: Store) -> Path:
    """Where tokens of a store are kept that has no keyring: beside it, else in the home."""
    return (store.path.parent if store.is_file else open_home().path) / "tokens"


def keep(store: Store, remote: str, token: str) -> Place:
    """Keeps the token of a remote, in place of an earlier one; returns where."""
    if _from_keyring(lambda: _keyring().set_password(_SERVICE, _user(store, remote), token)):
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
        found: list[str | None] = []
        if not _from_keyring(lambda: found.append(_keyring().get_password(_SERVICE, _user(store, remote)))):
            raise RemoteTrouble(
                "the system's keyring, which has the token, does not answer.",
                mend=f"Unlock it, or run `reviewer remote add {remote} URL` again with the token.",
                code="no_token",
            )
        if found[0]:
            return found[0]
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
    _from_keyring(lambda: _keyring().delete_password(_SERVICE, _user(store, remote)))


def _user(store: Store, remote: str) -> str:
    # Two homes of one person may work for one server as two raters.
    return f"{remote} {store.device}"


def _file(store: Store, remote: str) -> Path:
    return folder_of(store) / f"{remote}.token"


def _keyring() -> KeyringBackend:
    import keyring
    from keyring.backends import fail, null
    from keyring.errors import NoKeyringError

    backend = keyring.get_keyring()
    if isinstance(backend, fail.Keyring | null.Keyring):
        raise NoKeyringError
    return backend


def _from_keyring(job: Callable[[], _R]) -> bool:
    """Whether the keyring did it. One that waits for a person where there is none is left waiting on its thread."""
    done: list[bool] = []

    def run() -> None:
        try:
            job()
        except Exception:  # whatever a backend raises: there is the file
            return
        done.append(True)

    thread = threading.Thread(target=run, name="reviewer-keyring", daemon=True)
    thread.start()
    thread.join(_PATIENCE_WITH_SCREEN if any(os.environ.get(name) for name in _SCREENS) else _PATIENCE)
    return bool(done)
