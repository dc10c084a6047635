"""Whether a server's rubrics can be read here."""

from __future__ import annotations

from reviewer.errors import ReviewerError
from reviewer.rubric import rubric_from_data
from reviewer.store import pulled_rows
from reviewer.store.prepared import Driver
from reviewer.sync import wire
from reviewer.sync.trouble import RemoteTrouble
from reviewer.text.sanitise import visible


def check_rubrics(driver: Driver, queue: wire.Queue) -> None:
    """Raises RemoteTrouble for a rubric that this program cannot read."""
    if not queue.rubrics:
        raise RemoteTrouble(f"the queue '{visible(queue.name)}' has no rubric.", mend="Have its owner give it one.")
    for rubric in queue.rubrics:
        if pulled_rows.has_rubric(driver, rubric.id):
            continue
        try:
            rubric_from_data(rubric.document)
        except (ReviewerError, ValueError, TypeError, KeyError) as error:
            raise RemoteTrouble(
                f"the rubric '{visible(rubric.name)}' of the queue '{visible(queue.name)}' is none that this program "
                "can read.",
                mend="Update this program; the server may be newer.",
                code="not_ours",
            ) from error
