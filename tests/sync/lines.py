"""Ways to a server that can be cut, without a server: what is under test is who waits for them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import monotonic

from reviewer.sync.agenda import Task
from reviewer.sync.worker import Heard, News, Unreachable

Address = tuple[str, int]


class Wire:
    """A way to an address that counts nothing, sends a byte and waits for one: that is its answer."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self.begun = 0
        self.tasks: list[Task] = []

    def counts(self) -> dict[str, tuple[int, int]]:
        """Nothing is known of the store here."""
        return {}

    def running_out(self) -> list[News]:
        """Nothing does."""
        return []

    def work(self, task: Task) -> Heard:
        """Asks, and waits for as long as it takes."""
        self.tasks.append(task)
        self.begun += 1
        try:
            with socket.create_connection(self._address) as connection:
                connection.sendall(b"?")
                if not connection.recv(1):
                    raise Unreachable("the connection was cut.")
        except OSError as error:
            raise Unreachable("the server cannot be reached.", mend="It is tried again by itself.") from error
        return Heard()

    def close(self) -> None:
        """Nothing stays open."""


class Ready:
    """A way on which the answers lie ready, by what is asked; `waiting` has the counts."""

    def __init__(self, **waiting: tuple[int, int]) -> None:
        self.tasks: list[Task] = []
        self.answers: dict[str, Heard | Exception | Callable[[], Heard]] = {}
        self.waiting = {f"lab/{name}": counts for name, counts in waiting.items()}

    def counts(self) -> dict[str, tuple[int, int]]:
        """What waits and was refused."""
        return self.waiting

    def running_out(self) -> list[News]:
        """Nothing does."""
        return []

    def work(self, task: Task) -> Heard:
        """Answers at once; what waited is sent then."""
        self.tasks.append(task)
        answer = self.answers.get(task.what, Heard())
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = answer()
        self.waiting = {name: (0, refused) for name, (_, refused) in self.waiting.items()}
        return answer

    def close(self) -> None:
        """Nothing stays open."""


@contextmanager
def black_hole() -> Iterator[Address]:
    """An address that takes connections and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        address: Address = listening.getsockname()
        yield address


def nobody_there() -> Address:
    """An address where nothing listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        address: Address = listening.getsockname()
    return address


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Waits for what another thread brings about."""
    from time import sleep

    end = monotonic() + seconds
    while not holds():
        assert monotonic() < end, "it never came about"
        sleep(0.005)
