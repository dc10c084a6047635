from __future__ import annotations

import getpass
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.config import Settings, ensure_private, open_home
from reviewer.errors import BadInput


def write(home: Path, text: str | bytes) -> None:
    (home / "config.toml").write_bytes(text if isinstance(text, bytes) else text.encode())


def test_nothing_is_needed_and_nothing_is_made(tmp_path: Path) -> None:
    home = open_home(tmp_path / "none")
    assert home.settings == Settings()
    assert home.store == tmp_path / "none" / "reviewer.db"
    assert not home.path.exists()


def test_the_home_is_named_by_hand_then_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEWER_HOME", str(tmp_path / "env"))
    assert open_home(tmp_path / "hand").path == tmp_path / "hand"
    assert open_home().path == tmp_path / "env"


def test_else_it_is_the_platforms_user_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REVIEWER_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path in open_home().path.parents
    assert open_home().path.name == "reviewer"


def test_settings_are_read(tmp_path: Path) -> None:
    write(tmp_path, 'rater = "ana"\nidle_after = 30\nmouse = false\n')
    home = open_home(tmp_path)
    assert (home.settings.rater, home.settings.idle_after, home.settings.mouse) == ("ana", 30, False)
    assert home.settings.keymap == "default"


def test_the_rater_is_named_configured_or_logged_in(tmp_path: Path) -> None:
    assert open_home(tmp_path).rater() == getpass.getuser()
    write(tmp_path, 'rater = "ana"\n')
    assert open_home(tmp_path).rater() == "ana"
    assert open_home(tmp_path).rater("bob") == "bob"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'raterr = "ana"\n', "no setting 'raterr'"),
        (b'idle_after = "long"\n', "must be of type int"),
        (b"idle_after = true\n", "must be of type int"),
        (b"mouse = 1\n", "must be of type bool"),
        (b"rater = \n", "not valid TOML"),
        (b"\xff\xfe", "not valid TOML"),
    ],
)
def test_what_cannot_be_a_setting_is_named(tmp_path: Path, text: bytes, said: str) -> None:
    write(tmp_path, text)
    with pytest.raises(BadInput, match=said) as caught:
        open_home(tmp_path)
    assert str(tmp_path / "config.toml") in str(caught.value)


@given(st.binary(max_size=60))
def test_any_bytes_are_settings_or_one_sentence(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    home = tmp_path_factory.mktemp("home")
    write(home, text)
    with suppress(BadInput):  # anything else is a traceback to a person
        assert isinstance(open_home(home).settings, Settings)


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(BadInput, match="cannot be read"):
        open_home(tmp_path)


def test_a_home_is_its_owners_alone(tmp_path: Path) -> None:
    ensure_private(tmp_path / "deep" / "home")
    assert (tmp_path / "deep" / "home").stat().st_mode & 0o777 == 0o700
    ensure_private(tmp_path / "deep" / "home")


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be made"):
        ensure_private(tmp_path / "file" / "home")


def test_a_login_without_a_name_is_still_a_rater() -> None:
    code = """
import os
from pathlib import Path
from reviewer.config import Home
if os.getuid() == 0:
    os.setuid(54321)  # nobody is called that
print(Home(Path()).rater())
"""
    nameless = {
        name: value for name, value in os.environ.items() if name not in ("LOGNAME", "USER", "LNAME", "USERNAME")
    }
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=nameless, check=False)
    assert ended.stdout.strip() in ({"rater"} if os.getuid() == 0 else {getpass.getuser()}), ended.stderr
