"""The way that cuts and repeats does what a fault's name says, and passes everything else on as it is."""

from __future__ import annotations

import httpx
import pytest

from tests.server.proxy import FAULTS, proxied
from tests.sync.lines import until
from tests.sync.scripted import Scripted, serving

PATH, BODY = "/v1/labels", b'{"asked": 1}'
_ARRIVALS = {"cut request": 0, "twice": 2, "again later": 2}
_BREAKS = ("cut request", "cut answer", "lose answer")


@pytest.mark.parametrize("fault", ["", *FAULTS])
def test_what_a_fault_brings_about(fault: str) -> None:
    with serving() as server:
        server.answers[PATH] = {"said": "x" * 100}
        faults = [fault]
        with proxied(server.url, lambda: faults.pop() if faults else "") as proxy, httpx.Client() as client:
            if fault in _BREAKS:
                with pytest.raises(httpx.HTTPError):
                    client.post(f"{proxy.url}{PATH}", content=BODY)
            else:
                answer = client.post(f"{proxy.url}{PATH}", content=BODY)
                assert (answer.status_code, answer.json()) == (200, {"said": "x" * 100})
            until(lambda: whole(server) == _ARRIVALS.get(fault, 1))
            assert proxy.faults == [fault]


def whole(server: Scripted) -> int:
    """How many requests arrived that were not cut off."""
    return sum(asked.body == BODY for asked in server.asked)
