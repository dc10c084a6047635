"""Line by line beside a server: it is told whether labels arrive, once each time that changes, and nothing waits."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

from reviewer.plain import run
from reviewer.session.sitting import Sitting
from reviewer.session.synchroniser import Plug
from reviewer.sync.background import Background
from tests.plain_script import QUEUE, RATER, Script, Typed, item, make_queue
from tests.sync.lines import Wire, black_hole, nobody_there, until

LAB = f"lab/{QUEUE}"
DONE = ["4", "yes", "", ""]


def said_by(folder: Path, queue: str, plug: Plug, typed: Iterable[Typed], items: int = 2) -> list[str]:
    """The lines that the program says while the script is typed."""
    store = make_queue(folder, [item(number) for number in range(1, items + 1)], name=queue)
    told = io.StringIO()
    assert run(Sitting.open(store, queue, RATER, source="plain"), Script(typed), told, syncing=plug) == 0
    if plug.at_work is not None:
        plug.at_work.close(0.1)
    return told.getvalue().split("\n")


def test_offline_is_said_once_and_at_the_end(tmp_path: Path) -> None:
    plug = Plug(lambda: Background(["lab"], lambda _: Wire(nobody_there())))

    def is_offline() -> None:
        until(lambda: plug.at_work is not None and plug.at_work.state.mark == "offline")

    said = said_by(tmp_path, LAB, plug, [is_offline, *DONE, *DONE, ":progress"])
    assert said.count("Offline.") == 1
    (end,) = [line for line in said if line.startswith("All pulled items are done.")]
    assert "The server cannot be reached: more come once it answers." in end
    assert end.endswith("2 labels are saved here and not sent yet.")


def test_syncing_is_asked_for_by_a_command(tmp_path: Path) -> None:
    plug = Plug(lambda: Background(["lab"], lambda _: Wire(nobody_there())))
    said = said_by(tmp_path, LAB, plug, [":sync"])
    at = said.index("Syncing…")
    assert said[at + 1] == "the server cannot be reached. It is tried again by itself."


def test_a_queue_of_this_device_alone_hears_of_no_server(tmp_path: Path) -> None:
    with black_hole() as address:
        plug = Plug(lambda: Background(["lab"], lambda _: Wire(address)))
        said = said_by(tmp_path, QUEUE, plug, [*DONE, *DONE, ":sync"])
    assert "this queue is on this device alone: there is nothing to sync." in said
    assert "Nothing is left to rate here. :undo or :go N opens an item again, :quit leaves." in said
    assert not [line for line in said if "pulled" in line or "ffline" in line]


def test_without_a_server_the_command_says_so(tmp_path: Path) -> None:
    assert "this queue is on this device alone: there is nothing to sync." in said_by(
        tmp_path, QUEUE, Plug(), [":sync"]
    )
