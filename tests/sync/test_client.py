"""Whatever a server or the way to it does comes out as one clear sentence, in bounded time and space."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from reviewer.errors import WrongUsage
from reviewer.sync import wire
from reviewer.sync.client import _TIMEOUT, Client, address
from reviewer.sync.trouble import RemoteTrouble
from tests.sync.scripted import Asked, Said, Scripted, serving

TOKEN = "rvw_0123456789ab_a-secret-of-many-characters-indeed"


@pytest.fixture
def server() -> Iterator[Scripted]:
    with serving() as scripted:
        yield scripted


def trouble(server: Scripted, said: Said, **options: float) -> RemoteTrouble:
    server.answers["/v1/queues"] = said
    with Client(server.url, TOKEN, attempts=1, **options) as client, pytest.raises(RemoteTrouble) as raised:  # type: ignore[arg-type]  # numbers
        client.queues()
    assert raised.value.exit_code == 4
    assert TOKEN not in str(raised.value)
    return raised.value


def test_it_says_who_it_is_and_what_it_speaks(server: Scripted) -> None:
    with Client(server.url, TOKEN) as client:
        assert client.hello().server == server.server
        assert client.me().name == "ana"
    first, second = server.asked
    assert first.headers["reviewer-wire"] == "1"
    assert "authorization" not in first.headers
    assert second.headers["authorization"] == f"Bearer {TOKEN}"


def test_what_is_long_goes_out_compressed(server: Scripted) -> None:
    server.answers["/v1/queues/q/returns"] = {"returned": 300}
    with Client(server.url, TOKEN) as client:
        wanted = wire.ReturnRequest(device="d", tasks=[f"lease-{n}" for n in range(300)])
        assert client.give_back("q", wanted) == 300
    asked = server.asked[-1]
    assert asked.headers["content-encoding"] == "gzip"
    assert len(asked.json["tasks"]) == 300


def test_a_queue_whose_identifier_is_hostile_reaches_no_other_path(server: Scripted) -> None:
    server.answers["/v1/queues/..%2F..%2Fme%3F/changes"] = Said(b"", 404)
    with Client(server.url, TOKEN) as client, pytest.raises(RemoteTrouble):
        client.changes("../../me?", "d&x=1")
    assert server.asked[-1].path == "/v1/queues/..%2F..%2Fme%3F/changes?device=d%26x%3D1"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "does not take this token"),
        (403, "does not allow"),
        (404, "is no Reviewer server"),
        (413, "no message of that size"),
        (426, "another version"),
        (429, "left alone"),
        (500, "fails at it (status 500)"),
        (503, "fails at it (status 503)"),
    ],
)
def test_a_status_is_a_sentence(server: Scripted, status: int, words: str) -> None:
    said = trouble(server, Said(b"<html>Bad</html>", status))
    assert words in said.what
    assert said.mend
    assert said.status == status
    assert said.shut_out == (status == 401)
    assert said.offline == (status in (429, 500, 503))


def test_the_servers_own_words_are_told_and_obeyed_by_no_terminal(server: Scripted) -> None:
    body = b'{"code": "queue_closed", "what": "the queue is \\u001b[31mclosed\\u202e.", "mend": "Ask ana."}'
    said = trouble(server, Said(body, 403))
    assert (said.code, said.mend) == ("queue_closed", "Ask ana.")
    assert "\x1b" not in said.what
    assert "\u202e" not in said.what


def test_a_redirect_is_not_followed_with_the_token(server: Scripted) -> None:
    said = trouble(server, Said(b"", 302, {"location": "http://127.0.0.1:1/x"}))
    assert "another address" in said.what
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"queues": 7}', b"\xff\xfe", b'{"queues": [{}]}'])
def test_what_is_no_answer_of_ours_is_said_to_be_none(server: Scripted, body: bytes) -> None:
    assert "is no Reviewer server" in trouble(server, Said(body)).what


def test_an_answer_that_is_cut_off_is_tried_again_later(server: Scripted) -> None:
    assert trouble(server, Said(b'{"queues": [', length=500)).offline
    half = gzip.compress(b'{"queues": []}' * 100)[:-20]
    assert "cut off" in trouble(server, Said(half, headers={"content-encoding": "gzip"})).what


def test_what_claims_to_be_packed_and_is_not_is_none_of_ours(server: Scripted) -> None:
    assert "no Reviewer server" in trouble(server, Said(b"plain", headers={"content-encoding": "gzip"})).what
    assert "no Reviewer server" in trouble(server, Said(b"?", headers={"content-encoding": "br"})).what


def test_an_enormous_answer_is_not_read(server: Scripted) -> None:
    bomb = gzip.compress(b" " * (64 << 20))
    assert len(bomb) < 1 << 20
    said = trouble(server, Said(bomb, headers={"content-encoding": "gzip"}), most_bytes=1 << 20)
    assert (said.code, said.offline) == ("too_large", False)
    assert trouble(server, Said(b" " * (2 << 20)), most_bytes=1 << 20).code == "too_large"


def test_a_server_that_stumbles_is_asked_again(server: Scripted) -> None:
    answers = [Said(b"", 503), Said(b"", 429, {"retry-after": "0"}), Said(b'{"queues": []}')]

    def next_one(_asked: Asked) -> Said:
        return answers.pop(0)

    server.answers["/v1/queues"] = next_one
    with Client(server.url, TOKEN) as client:
        assert client.queues() == []
    assert len(server.asked) == 3


def test_a_server_that_wants_long_to_be_left_alone_is(server: Scripted) -> None:
    server.answers["/v1/queues"] = Said(b"", 429, {"retry-after": "3600"})
    with Client(server.url, TOKEN) as client, pytest.raises(RemoteTrouble) as raised:
        client.queues()
    assert raised.value.wait == 3600
    assert len(server.asked) == 1


@pytest.mark.parametrize(("oldest", "newest", "mend"), [(2, 3, "Update this program"), (0, 0, "server updated")])
def test_a_server_of_other_versions_is_refused_by_name(server: Scripted, oldest: int, newest: int, mend: str) -> None:
    server.answers["/v1"] = {"server": "s", "name": "n", "program": "9", "oldest": oldest, "newest": newest}
    with Client(server.url) as client, pytest.raises(RemoteTrouble, match="versions of the protocol") as raised:
        client.hello()
    assert mend in raised.value.mend
    assert not raised.value.offline


def test_fields_of_a_newer_server_are_left_alone(server: Scripted) -> None:
    server.answers["/v1"] = {"server": "s", "name": "n", "program": "9", "newest": 7, "oldest": 1, "more": {"x": 1}}
    with Client(server.url) as client:
        assert client.hello().newest == 7


def test_where_nothing_listens_it_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with Client(url, attempts=1) as client, pytest.raises(RemoteTrouble, match="nothing answers at") as raised:
            client.hello()
    assert raised.value.offline


def test_a_name_that_does_not_exist_is_said_to_be_unknown() -> None:
    with (
        Client("http://reviewer.invalid", attempts=1) as client,
        pytest.raises(RemoteTrouble, match="cannot be found") as raised,
    ):
        client.hello()
    assert raised.value.offline


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with (
            Client(url, attempts=1, timeout=0.2) as client,
            pytest.raises(RemoteTrouble, match="too long to answer") as raised,
        ):
            client.hello()
    assert raised.value.offline


def test_what_asks_for_little_does_not_wait_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks at the mark is told soon that nobody answers; much to do is waited for."""
    assert _TIMEOUT.connect is not None
    assert _TIMEOUT.connect <= 5
    assert _TIMEOUT.read is not None
    assert _TIMEOUT.read <= 20
    monkeypatch.setattr("reviewer.sync.client._TIMEOUT", httpx.Timeout(0.1))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Client(url, TOKEN, attempts=1) as client:
            few = wire.LeaseRequest(device="d", wanted=10)
            for ask in (client.hello, client.me, lambda: client.changes("q", "d"), lambda: client.lease("q", few)):
                with pytest.raises(RemoteTrouble, match="too long to answer") as raised:
                    ask()
                assert raised.value.offline
            monkeypatch.setattr(client, "_patient", httpx.Timeout(0.2))
            with pytest.raises(RemoteTrouble, match="too long to answer"):
                client.lease("q", wire.LeaseRequest(device="d", wanted=500))


def test_a_connection_that_breaks_off_is_said_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as hasty:

        def hang_up() -> None:
            hasty.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        url = f"http://127.0.0.1:{hasty.getsockname()[1]}"
        with Client(url, attempts=1) as client, pytest.raises(RemoteTrouble, match="broke off") as raised:
            client.hello()
    assert raised.value.offline


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with serving(certificate=_certificate(tmp_path)) as server:
        with (
            Client(server.url, TOKEN, attempts=1) as client,
            pytest.raises(RemoteTrouble, match="certificate") as raised,
        ):
            client.me()
        assert server.asked == []
        assert "SSL_CERT_FILE" in raised.value.mend


def test_a_certificate_that_the_house_signs_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with serving(certificate=file) as server, Client(server.url, TOKEN) as client:
        assert client.me().name == "ana"


def test_tls_with_a_server_that_speaks_none_is_said_so(server: Scripted) -> None:
    url = server.url.replace("http:", "https:")
    with Client(url, attempts=1) as client, pytest.raises(RemoteTrouble, match="not in TLS"):
        client.hello()


def _certificate(folder: Path) -> Path:
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lab")])
    at = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "server.pem"
    file.write_bytes(made.public_bytes(pem) + private)
    return file


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Reviewer.Example/", "https://reviewer.example"),
        ("https://reviewer.example:8443/lab/v1/", "https://reviewer.example:8443/lab"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("http://localhost:8765/", "http://localhost:8765"),
        ("http://[::1]:8765", "http://[::1]:8765"),
    ],
)
def test_an_address_is_kept_in_one_form(given: str, kept: str) -> None:
    assert address(given) == kept
    assert address(kept) == kept


@pytest.mark.parametrize(
    "given",
    ["", "reviewer.example", "ftp://x", "http://", "https://u:p@x", "https://x/?q=1", "http://10.0.0.1", "http://a b"],
)
def test_an_address_that_is_none_or_not_safe_is_refused(given: str) -> None:
    with pytest.raises(WrongUsage):
        address(given)


def test_plain_http_elsewhere_needs_a_flag() -> None:
    assert address("http://10.0.0.1:8765", insecure_http=True) == "http://10.0.0.1:8765"
