"""The home folder, and the settings a person keeps in it."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from reviewer.errors import BadInput

STORE_FILE = "reviewer.db"


@dataclass(frozen=True, slots=True)
class Settings:
    """What `config.toml` may say. Everything has a default, so that the file need not exist."""

    rater: str = ""
    keymap: str = "default"
    theme: str = "auto"  # auto | dark | light | contrast | plain
    mouse: bool = True
    editor: str = ""
    idle_after: int = 60  # seconds without a key after which time counts as idle
    database: str = field(default="", repr=False)  # the address may hold a password
    judge_hosts: str = ""  # hosts that texts may be sent to, with blanks between


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that holds one person's store, settings, keymaps, packs and logs.

    Where `database` has an address, the store lies there and not in the folder.
    """

    path: Path
    settings: Settings = field(default_factory=Settings)
    database: str = field(default="", repr=False)

    @property
    def store(self) -> Path:
        return self.path / STORE_FILE

    @property
    def has_store(self) -> bool:
        """Whether there is a store to open; of one in a database that shows when it is opened."""
        return bool(self.database) or self.store.exists()

    @property
    def keymaps(self) -> Path:
        return self.path / "keymaps"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def rater(self, named: str | None = None) -> str:
        """Who rates: as named, else as configured, else as logged in."""
        return named or self.settings.rater or _login_name()


def open_home(path: Path | None = None, *, database: str | None = None) -> Home:
    """The home at `path`, else at `REVIEWER_HOME`, else the platform's user-data folder; nothing is created.

    Its store is in the database at the address `database`, else at `REVIEWER_DATABASE`, else as configured; an empty
    address is the file's own. Raises BadInput where `config.toml` cannot be read or holds a setting that does not
    exist.
    """
    folder = path or _default_folder()
    settings = _read_settings(folder / "config.toml")
    if database is None:
        database = os.environ.get("REVIEWER_DATABASE") or settings.database
    return Home(folder, settings, database)


def remember(home: Home, name: str, value: str) -> None:
    """Writes one text setting into `config.toml`, leaving all else in it as it is. Raises OSError."""
    path = home.path / "config.toml"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        lines = []
    kept = [line for line in lines if line.partition("=")[0].strip() != name]
    made = path.with_name(f".config.{os.getpid()}.new")
    made.write_text("\n".join([f'{name} = "{value}"', *kept, ""]), encoding="utf-8")
    made.replace(path)


def ensure_private(folder: Path) -> None:
    """Makes `folder`, and what is missing above it, for its owner only.

    Raises BadInput where that is not possible.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"the folder cannot be made ({error.strerror}).",
            where=str(folder),
            mend="Name another one with --home, or mend its permissions.",
        ) from error


def _default_folder() -> Path:
    if named := os.environ.get("REVIEWER_HOME"):
        return Path(named).expanduser()
    from platformdirs import user_data_path

    return user_data_path("reviewer", appauthor=False)


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "rater"


def _read_settings(path: Path) -> Settings:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror}).", where=str(path)) from error
    import tomllib

    try:
        table = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"is not valid TOML: {error}.", where=str(path)) from error
    return Settings(**{name: _checked(name, value, path) for name, value in table.items()})


def _checked(name: str, value: Any, path: Path) -> Any:
    known = {entry.name: type(entry.default) for entry in fields(Settings)}
    if name not in known:
        raise BadInput(f"there is no setting '{name}'.", where=str(path), mend=f"Known are {', '.join(sorted(known))}.")
    if type(value) is not known[name]:
        got = "" if name == "database" else f", got {value!r}"  # an address may hold a password
        raise BadInput(f"setting '{name}' must be of type {known[name].__name__}{got}.", where=str(path))
    return value
