from __future__ import annotations

import gzip
import os
import stat
import tracemalloc
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.errors import BadInput
from reviewer.store.connection import Store
from reviewer.sync import packs, signing
from reviewer.sync.packs import MOST_LINE, opened
from tests.sync.packed import SERVER, forge, header, numbered
from tests.sync.wired import task

_NOTHING = gzip.compress(b"", mtime=0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A pack as it lies in its file."""
    return numbered(tmp_path_factory.mktemp("pack") / "a.pack", 1, 2, 3).read_bytes()


def read(path: Path, **options: Any) -> list[tuple[str, Any]]:
    with opened(path, **options) as pack:
        return list(pack.lines())


def refused(path: Path, **options: Any) -> str:
    """Why a pack is refused: in one sentence, with the file, and without anything of it being handed out first."""
    with pytest.raises(BadInput) as trouble:
        read(path, **options)
    assert trouble.value.where == str(path)
    return trouble.value.what


def test_a_pack_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = numbered(tmp_path / "a.pack", 1, 2)
    with opened(path) as pack:
        assert pack.header.counts == {"queue": 1, "task": 2}
        assert pack.header.key == signing.public(SERVER)
        lines = list(pack.lines())
        assert [name for name, _ in lines] == ["queue", "task", "task"]
        assert lines[1][1] == task(1).model_dump(mode="json")
        assert list(pack.lines()) == lines, "it can be read again"


def test_a_pack_is_for_its_owner_alone_and_has_the_header_as_its_first_line(tmp_path: Path) -> None:
    path = numbered(tmp_path / "a.pack", 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first, second, body = path.read_bytes().split(b"\n", 2)
    said = orjson.loads(first)
    assert (said["format"], said["version"]) == ("reviewer-pack", 1)
    assert signing.holds(said["key"], second.decode(), first)
    assert gzip.decompress(body).count(b"\n") == 2
    assert [there.name for there in tmp_path.iterdir()] == ["a.pack"]


def test_what_fails_half_way_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.pack"
    path.write_bytes(b"before")
    with pytest.raises(RuntimeError, match="stop"), packs.writing(path, SERVER, header()) as writer:
        _put_and_stop(writer)
    assert path.read_bytes() == b"before"
    assert [there.name for there in tmp_path.iterdir()] == ["a.pack"]


def test_a_folder_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"), packs.writing(tmp_path / "no" / "a", SERVER, header()):
        pass


def _put_and_stop(writer: packs.Writer) -> None:
    writer.put("task", task(1))
    raise RuntimeError("stop")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_byte_that_is_flipped_is_found(data: st.DataObject, whole: bytes, tmp_path: Path) -> None:
    at = data.draw(st.integers(0, len(whole) - 1))
    flip = data.draw(st.integers(1, 255))
    path = tmp_path / "a.pack"
    path.write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
    refused(path)


def test_no_other_spelling_of_the_header_or_the_signature_holds(whole: bytes, tmp_path: Path) -> None:
    first, second, body = whole.split(b"\n", 2)
    path = tmp_path / "a.pack"
    for other in (
        [first.replace(b",", b", ", 1), second, body],
        [first, second.upper(), body],
        [first, b" " + second[:-1], body],
        [first + b"\r", second, body],
    ):
        path.write_bytes(b"\n".join(other))
        refused(path)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_pack_that_is_cut_off_or_goes_on_is_refused(data: st.DataObject, whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pack"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    refused(path)
    path.write_bytes(whole + data.draw(st.binary(min_size=1, max_size=300_000)))
    refused(path)


def test_a_cut_off_pack_says_how_much_of_it_is_there(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pack"
    path.write_bytes(whole[:-10])
    assert "is cut off" in refused(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"hello\n", b"{}\n", b"[1]\n", b"{" * 100_000, b"{" * 9999 + b"\n", b"\x1f\x8b" + b"0" * 99],
    ids=len,
)
def test_what_is_no_pack_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pack"
    path.write_bytes(content)
    assert "no pack" in refused(path)


def test_files_that_cannot_be_read_are_said_plainly(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path)
    assert "cannot be read" in refused(tmp_path / "missing")


@pytest.mark.parametrize(("version", "word"), [(2, "newer"), (99, "newer"), (0, "older"), (-1, "older")])
def test_another_version_is_refused_before_anything_else(version: int, word: str, tmp_path: Path) -> None:
    path = forge(tmp_path / "a.pack", b"", version=version, kind="unheard of", counts="all")
    assert f"{word} program" in refused(path)


def test_an_unsigned_pack_is_refused(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pack"
    first, _, body = whole.split(b"\n", 2)
    for signature in (b"", b"\n", b"0" * 128 + b"\n"):
        path.write_bytes(first + b"\n" + signature + body)
        assert "its signature does not hold" in refused(path)


def test_a_signature_of_somebody_else_does_not_hold(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pack"
    first, _, body = whole.split(b"\n", 2)
    other = forge(tmp_path / "b.pack", b"").read_bytes().split(b"\n", 2)[1]
    path.write_bytes(b"\n".join([first, other, body]))
    assert "its signature does not hold" in refused(path)


def test_more_than_is_taken_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = numbered(tmp_path / "a.pack", *range(50))
    with opened(path) as pack:
        size = pack.header.unpacked
    assert "are taken" in refused(path, most=size - 1)
    assert len(read(path, most=size)) == 51


def test_a_pack_that_unpacks_to_more_than_it_says_is_let_go_of(tmp_path: Path) -> None:
    bomb = b'{"task":"' + b"0" * (64 << 20) + b'"}\n'
    tracemalloc.start()
    try:
        assert "more than it says" in refused(forge(tmp_path / "a.pack", bomb, unpacked=1000))
        tracemalloc.reset_peak()
        assert "a line of more than" in refused(forge(tmp_path / "b.pack", bomb))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * MOST_LINE + len(bomb)


def test_lines_that_lie_are_found_before_the_end(tmp_path: Path) -> None:
    line = b'{"task":{}}\n'
    assert "as many lines" in refused(forge(tmp_path / "a", line, counts={"task": 2}))
    assert "as many lines" in refused(forge(tmp_path / "a", line, counts={"label": 1}))
    assert "less than it says" in refused(forge(tmp_path / "a", line, unpacked=99))
    assert "less than it says" in refused(forge(tmp_path / "a", line[:-1], counts={"task": 1}))
    for wrong in (b"{}\n", b"[]\n", b"7\n", b"{\n", b'{"a":1,"b":2}\n', b"\n", b"\xff\n", b"[" * 5000 + b"\n"):
        assert "a line that is none" in refused(forge(tmp_path / "a", wrong))


@pytest.mark.parametrize("body", [b"", b"not gzip", _NOTHING[:-1], 2 * _NOTHING])
def test_a_body_that_is_no_single_gzip_member_is_refused(body: bytes, tmp_path: Path) -> None:
    assert "cannot be unpacked" in refused(forge(tmp_path / "a.pack", b"", body=body))


def test_names_that_a_terminal_would_obey_are_refused(tmp_path: Path) -> None:
    hostile = "a\x1b[2J"
    for path in (
        forge(tmp_path / "a.pack", b"", queue_name=hostile),
        forge(tmp_path / "b.pack", b"", rater_name=hostile),
    ):
        told = refused(path)
        assert "cannot be shown" in told
        assert "\x1b" not in told


def test_a_line_that_no_program_would_read_is_not_written(tmp_path: Path) -> None:
    large = task(1, reference="x" * MOST_LINE)
    with pytest.raises(BadInput, match="too large"):
        numbered(tmp_path / "a.pack", 0, more=[("task", large)])
    assert not [*tmp_path.iterdir()]


def test_a_pack_is_written_and_read_in_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.pack"
    tracemalloc.start()
    try:
        with packs.writing(path, SERVER, header()) as writer:
            for number in range(5000):
                writer.put("task", task(number, reference=os.urandom(600).hex()))
        with opened(path) as pack:
            assert pack.header.unpacked > 7_000_000
            assert sum(1 for _ in pack.lines()) == 5000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


# -- keys --------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_store_has_one_key_as_a_server_and_another_as_a_device(store: Store) -> None:
    first = signing.server_key(store)
    assert signing.is_key(first)
    assert signing.server_key(store) == first
    assert signing.public(signing.key_of(store, "device")) != first


def test_a_key_lies_in_a_file_for_its_owner_alone(store: Store) -> None:
    signing.key_of(store, "server")
    path = store.path.parent / "server.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().strip() not in store.path.read_bytes()
    path.write_text("nothing")
    with pytest.raises(BadInput, match="holds no key"):
        signing.key_of(store, "server")


@pytest.mark.both_databases
def test_programs_that_begin_at_once_agree_on_the_key(store: Store) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: signing.server_key(store), range(16)))
    assert len(keys) == 1


@given(st.text(max_size=140), st.text(max_size=140))
def test_what_is_no_key_or_no_signature_holds_for_nothing(key: str, signature: str) -> None:
    assert not signing.holds(key, signature, b"")
    assert not signing.holds(signing.public(SERVER), signature, b"")
