"""What whoever runs the server may decide, and the bounds of what it takes."""

from __future__ import annotations

from dataclasses import dataclass

HOURS = 192
"""How long a device holds a task that it was leased: a week offline, and a day to come back."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How one server process behaves; all processes of a team are to be started with the same.

    `most_bytes` bounds a message decompressed, `most_packed` as it comes. A token may send `rate` requests a second in
    the long run and `burst` at once; 0 is no limit.
    """

    name: str = "Reviewer"
    lease_seconds: int = HOURS * 3600
    rate: float = 100.0
    burst: int = 1000
    most_bytes: int = 64 << 20
    most_packed: int = 16 << 20
    body_seconds: float = 60.0
    head_seconds: float = 20.0
    stop_seconds: int = 30
    threads: int = 16
