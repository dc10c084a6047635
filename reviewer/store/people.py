"""What the events say of who may use the server, held against what the store says: for `audit verify`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from reviewer.ids import digest
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

ACTIONS = frozenset({"user.added", "user.role", "token.made", "token.revoked"})

_sql = statements("accounts")


class People:
    """The roles of users, and the tokens that were made and revoked, as the events tell of them."""

    def __init__(self) -> None:
        self._roles: dict[str, tuple[str, str]] = {}
        self._made: dict[str, str] = {}
        self._revoked: set[str] = set()

    def learn(self, event: dict[str, Any]) -> None:
        """Takes note of an event of `ACTIONS`."""
        subject = event["subject"]
        if event["action"] == "token.made":
            self._made[subject] = event["digest"]
        elif event["action"] == "token.revoked":
            self._revoked.add(subject)
        else:
            told = (event["at"], str(orjson.loads(event["data"])["role"]))
            self._roles[subject] = max(self._roles.get(subject, told), told, key=lambda one: one[0])

    def faults(self, driver: Driver) -> Iterator[str]:
        """What the store says otherwise: who has a role, or holds a token, of which no event tells."""
        roles = dict(self._roles)
        for rater, name, role, _ in _sql.every.rows(driver):
            told = roles.pop(rater, None)
            if told is None:
                yield f"the user {name} stands in the store, and no event tells of it"
            elif told[1] != role:
                yield f"the user {name} is {role}, and the events say {told[1]}"
        for rater in roles:
            yield f"the user {rater} is gone"
        made = dict(self._made)
        for row in _sql.every_token.rows(driver):
            token = dict(zip(("id", "rater", "hash", "queues", "created_at", "expires_at"), row, strict=False))
            is_revoked, vouched = row[6] is not None, made.pop(token["id"], None)
            if vouched is None:
                yield f"the token {token['id']} stands in the store, and no event tells of it"
            elif vouched != digest({**token, "revoked_at": None}):
                yield f"the token {token['id']} is not what was made"
            if is_revoked != (token["id"] in self._revoked):
                yield f"the token {token['id']} is {'' if is_revoked else 'not '}revoked, and the events say otherwise"
        for gone in made:
            yield f"the token {gone} is gone"
