from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reviewer.ids import canonical_json, digest, new_id, new_public_id, now

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_identifiers_are_uuid7_and_sort_by_their_making() -> None:
    made = [new_id() for _ in range(2000)]
    pattern = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert all(pattern.fullmatch(identifier) for identifier in made)
    assert made == sorted(set(made))


def test_public_identifiers_are_short_and_differ() -> None:
    made = {new_public_id() for _ in range(2000)}
    assert len(made) == 2000
    assert all(re.fullmatch(r"[a-z2-7]{8}", identifier) for identifier in made)


def test_moments_sort_as_text_and_are_in_utc() -> None:
    before = datetime.now(UTC)
    moments = [now() for _ in range(100)]
    assert moments == sorted(moments)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", moment) for moment in moments)
    assert datetime.fromisoformat(moments[0]) >= before


@given(plain)
def test_equal_values_give_equal_bytes(value: Any) -> None:
    assert canonical_json(json.loads(canonical_json(value))) == canonical_json(value)


@given(st.dictionaries(st.text(), st.integers(0, 9), min_size=2))
def test_the_order_of_names_does_not_matter(value: dict[str, int]) -> None:
    turned = dict(reversed(list(value.items())))
    assert canonical_json(turned) == canonical_json(value)
    assert digest(turned) == digest(value)


def test_a_digest_is_sha_256_of_canonical_json() -> None:
    assert canonical_json({"b": 1, "a": "ä"}) == '{"a":"ä","b":1}'.encode()
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
