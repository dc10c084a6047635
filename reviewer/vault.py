"""The system's keyring: where tokens and keys are kept that nobody else shall read."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_SERVICE = "reviewer"
_PATIENCE = 8.0
_PATIENCE_WITH_SCREEN = 60.0  # somebody has to be found, and to type the keyring's password
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "__CFBundleIdentifier", "TERM_PROGRAM")


class KeyringSilent(Exception):
    """There is no keyring, or it does not answer."""


def put(name: str, secret: str) -> None:
    """Keeps a secret under a name, in place of an earlier one. Raises KeyringSilent."""
    _asked(lambda: _keyring().set_password(_SERVICE, name, secret))


def get(name: str) -> str | None:
    """The secret under a name; None where there is none. Raises KeyringSilent."""
    found: list[str | None] = []
    _asked(lambda: found.append(_keyring().get_password(_SERVICE, name)))
    return found[0]


def forget(name: str) -> None:
    """Throws away what is under a name. Raises KeyringSilent, also where there is nothing."""
    _asked(lambda: _keyring().delete_password(_SERVICE, name))


def _keyring() -> KeyringBackend:
    import keyring
    from keyring.backends import fail, null
    from keyring.errors import NoKeyringError

    backend = keyring.get_keyring()
    if isinstance(backend, fail.Keyring | null.Keyring):
        raise NoKeyringError
    return backend


def _asked(job: Callable[[], object]) -> None:
    """Has the keyring do it. One that waits for a person where there is none is left waiting on its thread."""
    done: list[bool] = []

    def run() -> None:
        try:
            job()
        except Exception:  # whatever a backend raises: it did not do it
            return
        done.append(True)

    thread = threading.Thread(target=run, name="reviewer-keyring", daemon=True)
    thread.start()
    thread.join(_PATIENCE_WITH_SCREEN if any(os.environ.get(name) for name in _SCREENS) else _PATIENCE)
    if not done:
        raise KeyringSilent
