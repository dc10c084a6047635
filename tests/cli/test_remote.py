"""`reviewer remote`, `pull`, `push` and `sync`, against a server that answers as it is told to."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
import stamina
from keyring.backends import null

from reviewer.store.connection import Store
from tests.cli.running import Command, commands
from tests.store.filling import rate, sit
from tests.sync.scripted import Asked, Said, Scripted, serving
from tests.sync.test_pulling import leasing
from tests.sync.test_pushing import taking
from tests.sync.wired import QUEUE_ID, queue

TOKEN = "rvw_0123456789ab_a-secret-of-many-characters-indeed"


@pytest.fixture
def reviewer(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("REVIEWER_TOKEN", TOKEN)
    return commands(tmp_path / "home", capsys)


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(null.Keyring())  # type: ignore[no-untyped-call]  # keyring's own
    yield
    keyring.set_keyring(before)


@pytest.fixture
def server() -> Iterator[Scripted]:
    with serving() as scripted:
        of = f"/v1/queues/{QUEUE_ID}"
        scripted.answers["/v1/queues"] = {"queues": [queue().model_dump(mode="json")]}
        scripted.answers[f"{of}/leases"] = leasing(60)
        scripted.answers[f"{of}/changes"] = lambda _asked: changes()
        scripted.answers[f"{of}/returns"] = {"returned": 1}
        scripted.answers["/v1/labels"] = taking
        yield scripted


def changes(*told: Any, **of: Any) -> Any:
    return {"queue": queue(**of).model_dump(mode="json"), "changes": list(told)}


def label(home: Path, *scores: int) -> None:
    sitting = sit(Store.open(home / "home" / "reviewer.db"), "ana", "team/kyc")
    try:
        rate(sitting, *scores)
    finally:
        sitting.close()


def test_the_whole_way(reviewer: Command, server: Scripted, tmp_path: Path) -> None:
    assert reviewer("remote", "list").code == 3  # there is no store yet
    added = reviewer("remote", "add", "team", server.url)
    assert (added.code, "you work there as ana" in added.out) == (0, True), added
    listed = reviewer("pull")
    assert "team/kyc" in listed.out
    assert "`reviewer pull team/kyc` fetches items." in listed.out
    pulled = reviewer("pull", "team/kyc", "-n", "10")
    assert pulled.out.startswith("team/kyc: 10 new items, 10 to label, kept for you until"), pulled
    label(tmp_path, 4, 5)
    (row,) = reviewer("remote", "list", "--json").json["remotes"]
    assert row["queues"] == [{"queue": "team/kyc", "left": 8, "waiting": 2, "refused": 0}]
    assert row["rater"] == "ana"
    assert reviewer("push").out == "team: 2 labels sent.\n"
    synced = reviewer("sync", "--json").json["remotes"][0]
    assert (synced["sent"], synced["queues"][0]["pulled"], synced["queues"][0]["left"]) == (0, 2, 10)
    assert reviewer("pull", "team/kyc", "--return").out == "team/kyc: 10 items given back.\n"
    verified = reviewer("audit", "verify")
    assert verified.code == 0, verified
    for ran in (added, listed, pulled, verified):
        assert TOKEN not in ran.out + ran.err


def test_what_happened_meanwhile_is_told(reviewer: Command, server: Scripted, tmp_path: Path) -> None:
    reviewer("remote", "add", "team", server.url)
    reviewer("pull", "team/kyc", "-n", "3")
    label(tmp_path, 4)
    told = [{"task": "lease-00002", "what": "recalled", "reason": "a wrong source"}]
    server.answers[f"/v1/queues/{QUEUE_ID}/changes"] = changes(*told, state="closed")
    ran = reviewer("sync")
    assert ran.code == 0
    assert "team: 1 label sent." in ran.out
    assert "'team/kyc' was closed: what you have labelled still counts" in ran.out
    assert "item 2 was recalled: a wrong source" in ran.out
    refused = reviewer("rate", "team/kyc", "--plain")
    assert (refused.code, "closed on the server" in refused.err) == (3, True)


def test_labels_of_two_devices_are_listed(reviewer: Command, server: Scripted, tmp_path: Path) -> None:
    reviewer("remote", "add", "team", server.url)
    reviewer("pull", "team/kyc", "-n", "3")
    label(tmp_path, 4)
    other = {
        "id": "01a00000-0000-7000-8000-000000000000",
        "phase": "independent",
        "outcome": "submitted",
        "revision": 1,
        "rubric": queue().rubrics[0].id,
        "values": {"score": 1},
        "rationale": {},
        "correction": {},
        "device": "elsewhere",
        "committed_at": "2026-11-20T10:00:00.000000Z",
    }
    with Store.open(tmp_path / "home" / "reviewer.db").reading() as connection:
        ((ours,),) = connection.execute("SELECT id FROM label")
    ours_as_told = other | {"id": ours, "values": {"score": 4}}
    told = {"task": "lease-00001", "what": "conflict", "labels": [other, ours_as_told]}
    server.answers[f"/v1/queues/{QUEUE_ID}/changes"] = changes(told)
    assert "1 item was labelled on two devices" in reviewer("sync").out
    listed = reviewer("sync", "--conflicts")
    assert "team/kyc, item 1" in listed.out
    assert "on another device, Fri 20 Nov" in listed.out
    assert "score 1  (counts)" in listed.out
    (row,) = reviewer("sync", "--conflicts", "--json").json["conflicts"]
    assert sorted(one["here"] for one in row["labels"]) == [False, True]
    assert len(server.asked) == len([asked for asked in server.asked if "conflicts" not in asked.path])


def test_a_refused_label_is_told_and_counted(reviewer: Command, server: Scripted, tmp_path: Path) -> None:
    reviewer("remote", "add", "team", server.url)
    reviewer("pull", "team/kyc", "-n", "3")
    label(tmp_path, 4)

    def refusing(asked: Asked) -> Any:
        said = taking(asked)
        return said | {"answers": [one | {"answer": "refused", "reason": "no."} for one in said["answers"]]}

    server.answers["/v1/labels"] = refusing
    ran = reviewer("push")
    assert "1 label was not taken" in ran.out
    assert "team/kyc, item 1: no." in ran.out
    assert reviewer("sync", "--json").json["remotes"][0]["refused"] == 1
    assert "1 refused" in reviewer("remote", "list").out
    server.answers["/v1/labels"] = taking
    assert reviewer("push", "--refused", "--json").json["remotes"][0]["sent"] == 1


def test_a_remote_is_not_forgotten_while_labels_wait(reviewer: Command, server: Scripted, tmp_path: Path) -> None:
    reviewer("remote", "add", "team", server.url)
    reviewer("pull", "team/kyc", "-n", "3")
    label(tmp_path, 4)
    ran = reviewer("remote", "remove", "team")
    assert ran.code == 1
    assert "1 label is not on the server 'team' yet" in ran.err
    forced = reviewer("remote", "remove", "team", "--force")
    assert forced.code == 0
    assert "Still here, and closed: team/kyc" in forced.out
    assert not list((tmp_path / "home" / "tokens").glob("*.token"))
    assert reviewer("labels", "export", "team/kyc").out
    assert "works for no more" in reviewer("queue", "reopen", "team/kyc").err
    # Nothing is lost: it is sent after all.
    reviewer("remote", "add", "team", server.url)
    reviewer("pull", "team/kyc", "-n", "3")
    assert reviewer("push", "--json").json["remotes"][0]["sent"] == 1


def test_ctrl_c_keeps_what_came_whole(reviewer: Command, server: Scripted, tmp_path: Path) -> None:
    reviewer("remote", "add", "team", server.url)
    whole, ended = leasing(1000), threading.Event()
    running: list[subprocess.Popen[str]] = []

    def interrupting(asked: Asked) -> Any:
        if asked.json["after"] >= 400:
            running[0].send_signal(signal.SIGINT)
            ended.wait(30)
        return whole(asked)

    server.answers[f"/v1/queues/{QUEUE_ID}/leases"] = interrupting
    words = ["--home", str(tmp_path / "home"), "pull", "team/kyc", "-n", "1000"]
    # Where the tests run in the background of a shell, nobody heeds this signal who was not told to.
    heed = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{heed}; from reviewer.cli import main; main(sys.argv[1:])"
    running.append(subprocess.Popen([sys.executable, "-c", code, *words], stderr=subprocess.PIPE, text=True))
    said = running[0].communicate()[1]
    ended.set()
    assert (running[0].returncode, said.strip()) == (130, "Interrupted.")
    server.answers[f"/v1/queues/{QUEUE_ID}/leases"] = whole
    (pulled,) = reviewer("pull", "team/kyc", "-n", "1000", "--json").json["remotes"][0]["queues"]
    assert (pulled["pulled"], pulled["left"]) == (600, 1000)


OFFLINE = [
    ("pull",),
    ("pull", "team/kyc"),
    ("pull", "team/kyc", "--return"),
    ("push",),
    ("sync",),
    ("sync", "--json"),
    ("remote", "add", "other", "{url}"),
]


@pytest.mark.parametrize("arguments", OFFLINE, ids=" ".join)
def test_without_a_network_one_sentence_and_nothing_lost(
    reviewer: Command, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with serving() as server:
        server.answers[f"/v1/queues/{QUEUE_ID}/leases"] = leasing(5)
        server.answers["/v1/queues"] = {"queues": [queue().model_dump(mode="json")]}
        reviewer("remote", "add", "team", server.url)
        reviewer("pull", "team/kyc", "-n", "5")
    label(tmp_path, 1, 2)
    with stamina.set_testing(True, attempts=1, cap=True):
        ran = reviewer(*(argument.format(url=server.url) for argument in arguments))
    assert ran.code == 4
    assert "nothing answers at" in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert reviewer("remote", "list", "--json").json["remotes"][0]["waiting"] == 2
    label(tmp_path, 3)


def test_the_token_comes_from_standard_input(
    reviewer: Command, server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REVIEWER_TOKEN")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    ran = reviewer("remote", "add", "team", server.url)
    assert (ran.code, "--token-stdin" in ran.err) == (2, True)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n"))
    assert reviewer("remote", "add", "team", server.url, "--token-stdin").code == 0
    assert server.asked[-1].headers["authorization"] == f"Bearer {TOKEN}"


def test_wrong_names_are_told(reviewer: Command, server: Scripted) -> None:
    reviewer("remote", "add", "team", server.url)
    assert "Did you mean 'team'?" in reviewer("sync", "teem").err
    assert "There are kyc." in reviewer("pull", "team/nothing").err
    assert reviewer("pull", "team/kyc", "--return", "-n", "3").code == 2
    assert "nothing of the queue" in reviewer("pull", "team/kyc", "--return").err


def test_no_queue_of_this_device_takes_the_name_of_a_servers(
    reviewer: Command, server: Scripted, tmp_path: Path
) -> None:
    items = tmp_path / "items.jsonl"
    items.write_text('{"id": "a", "prompt": "Q", "output": "A", "system": "m"}\n')
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text("name: r\ncriteria:\n  - {id: s, label: S, type: boolean}\n")
    for arguments in (
        ("import", str(items), "-q", "team/kyc"),
        ("import", str(items), "-q", "team/kyc", "--dry-run"),
        ("queue", "create", "team/kyc", "--rubric", str(rubric)),
    ):
        ran = reviewer(*arguments)
        assert (ran.code, "REMOTE/QUEUE" in ran.err) == (2, True), ran
    reviewer("remote", "add", "team", server.url)
    reviewer("pull", "team/kyc", "-n", "3")
    for more in (
        ("import", str(items), "-q", "team/kyc"),
        ("queue", "set", "team/kyc", "overlap=3"),
        ("queue", "close", "team/kyc"),
        ("queue", "reveal", "team/kyc", "--reason", "x"),
    ):
        ran = reviewer(*more)
        assert (ran.code, "belongs to the server 'team'" in ran.err) == (3, True), ran


def test_a_broken_server_is_said_to_be_one(reviewer: Command, server: Scripted) -> None:
    reviewer("remote", "add", "team", server.url)
    server.answers["/v1/queues"] = Said(b"<html>")
    ran = reviewer("pull")
    assert (ran.code, "no Reviewer server" in ran.err) == (4, True)
