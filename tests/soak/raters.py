"""Raters without screens: processes of their own, each with some who lease and label one task after the other."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import orjson

from reviewer.sync import wire
from tests.server.serving import Device

ROOT = Path(__file__).parents[2]
_PAUSE = 0.05
_ATTEMPTS = 4
_LONGEST = 60.0


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, as far as `tests.server.serving` looks at it."""

    status_code: int
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


class Line:
    """One kept connection to the server, which costs a measuring process as little as can be."""

    def __init__(self, url: str, token: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=_LONGEST)
        self._headers = {"Authorization": f"Bearer {token}", "Reviewer-Wire": "1", "Content-Type": "application/json"}

    def get(self, path: str) -> Response:
        """Asks."""
        return self._ask("GET", path, None)

    def post(self, path: str, *, json: Any) -> Response:
        """Sends a message."""
        return self._ask("POST", path, orjson.dumps(json))

    def _ask(self, method: str, path: str, body: bytes | None) -> Response:
        """Asks again where the server says so, as the client does."""
        for _ in range(_ATTEMPTS):
            self._connection.request(method, path, body, self._headers)
            answer = self._connection.getresponse()
            response = Response(answer.status, answer.read())
            if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            time.sleep(float(answer.headers["Retry-After"]))
        return response


@dataclass(slots=True)
class Done:
    """What the raters of one process did: milliseconds of each cycle, seconds by the clock that all processes share,
    and whose label lies on the server by what it answered."""

    times: list[float] = field(default_factory=list)
    began: float = 0.0
    ended: float = 0.0
    labels: dict[str, str] = field(default_factory=dict)
    surplus: list[str] = field(default_factory=list)


def rate_all(device: Device, queue: str, most: int, done: Done) -> None:
    """Leases one task and labels it, until there is none left or `most` were."""
    while most > 0:
        began = time.perf_counter()
        leased = device.lease(queue)
        if not leased.tasks:
            assert leased.why is not None
            # What is left, others hold until their labels are there; or there was more than one look could take in.
            if leased.why.code in ("leased", "limit"):
                time.sleep(_PAUSE)
                continue
            assert leased.why.code == "done", leased.why
            return
        label = device.label(leased, leased.tasks[0], 1 + most % 5)
        answered = device.send(label)
        done.times.append((time.perf_counter() - began) * 1000)
        assert [one.answer for one in answered.answers] == ["accepted"], answered
        assert not answered.head.fault, answered.head
        done.labels[label["id"]] = label["rater"]
        done.surplus += [one.id for one in answered.answers if one.surplus]
        most -= 1


def work(servers: Sequence[str], tokens: Sequence[str], queue: str, most: int, processes: int) -> list[Done]:
    """Lets the raters of these tokens work at once, spread over processes and servers; begins when all are ready."""
    teams = [tokens[number::processes] for number in range(processes)]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.soak.raters"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in teams
    ]
    try:
        for team, process in zip(teams, started, strict=True):
            assert process.stdin is not None
            plan = {"servers": list(servers), "tokens": team, "queue": queue, "most": most}
            process.stdin.write(orjson.dumps(plan) + b"\n")
            process.stdin.flush()
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write(b"go\n")
            process.stdin.flush()
        told = [process.communicate()[0] for process in started]
        assert [process.returncode for process in started] == [0] * len(started)
        return [Done(**orjson.loads(each)) for each in told]
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
                process.communicate()


def main() -> int:
    """Does what the plan on standard input says, when told to."""
    plan = orjson.loads(sys.stdin.readline())
    devices = [
        Device(Line(plan["servers"][number % len(plan["servers"])], token))  # type: ignore[arg-type]  # as httpx does
        for number, token in enumerate(plan["tokens"])
    ]
    for device in devices:
        device.me = wire.Me.model_validate_json(device.client.get("/v1/me").content)
    done, troubles = [Done() for _ in devices], list[BaseException]()
    jobs = [
        Thread(target=_noted, args=(troubles, rate_all, device, plan["queue"], plan["most"], own))
        for device, own in zip(devices, done, strict=True)
    ]
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    if troubles:
        raise troubles[0]
    whole = {
        "times": [each for own in done for each in own.times],
        "began": began,
        "ended": time.monotonic(),
        "labels": {label: rater for own in done for label, rater in own.labels.items()},
        "surplus": [label for own in done for label in own.surplus],
    }
    print(orjson.dumps(whole).decode())
    return 0


def _noted(troubles: list[BaseException], job: Callable[..., None], *arguments: Any) -> None:
    try:
        job(*arguments)
    except BaseException as error:
        troubles.append(error)


if __name__ == "__main__":
    sys.exit(main())
