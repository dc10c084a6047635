"""A judge's endpoint for tests, as a process of its own, and the judge that asks it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer.triage.judge.spec import JudgeSpec, parse_judge

_PROGRAM = Path(__file__).with_name("endpoint.py")


@dataclass(frozen=True)
class Serving:
    """A running endpoint."""

    port: int
    log: Path

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def calls(self) -> list[dict[str, str]]:
        """What it was asked, in the order of its answers."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines]

    def done(self) -> Counter[str]:
        """How often it did what."""
        return Counter(call["done"] for call in self.calls())

    def yaml(self, **more: Any) -> str:
        """A judge that asks it."""
        told: dict[str, Any] = {
            "name": "careful",
            "provider": "openai",
            "base_url": f"http://{self.host}/v1",
            "model": "canned-1",
            "family": "canned",
            "prices": {"input": 1, "output": 2},
        }
        return json.dumps(told | more)

    def judge(self, **more: Any) -> JudgeSpec:
        return parse_judge(self.yaml(**more))


@contextmanager
def serving(folder: Path, **plan: Any) -> Iterator[Serving]:
    """An endpoint that fails as `plan` says (see endpoint.py), until the context ends."""
    log = folder / "calls.jsonl"
    with subprocess.Popen(
        [sys.executable, str(_PROGRAM), str(log), json.dumps(plan)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield Serving(int(process.stdout.readline()), log)
        finally:
            process.terminate()
