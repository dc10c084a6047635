"""Who may use the server, as what, and the tokens that prove it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

import orjson

from reviewer.errors import BadInput, WrongUsage
from reviewer.ids import canonical_json, now
from reviewer.store import events, holding
from reviewer.store.prepared import Driver
from reviewer.store.queues import ensure_rater, rater_name
from reviewer.store.statements import statements

ROLES = ("rater", "adjudicator", "lead", "admin")
"""What somebody may be on the server. An adjudicator and a lead may do what a rater may, an admin everything."""

_sql = statements("accounts")
_ID_BYTES, _SECRET_BYTES = 6, 32
_TOKEN = re.compile(r"rvw_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_MEANT = re.compile(r"rvw_([0-9a-f]{12})(?:_.*)?|([0-9a-f]{12})")
_PREFIX = "rvw_"
_LONGEST_NAME = 100
_NOBODYS_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Caller:
    """Who holds a good token. `queues` are the identifiers of the queues that it is good for, with the calibration
    rounds of these, None where it is good for all; `token` is its identifier."""

    rater: str
    name: str
    role: str
    queues: frozenset[str] | None
    token: str
    expires_at: str | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made. `text` is the token itself, which is told now and never again."""

    id: str
    text: str = field(repr=False)
    rater: str
    role: str
    known: bool
    """Whether its user was there already."""


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token as it may be told."""

    id: str
    queues: tuple[str, ...] | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None

    def state(self, moment: str) -> Literal["good", "expired", "revoked"]:
        """How it stands at a moment."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if _is_over(self.expires_at, moment) else "good"


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """A user with their tokens, oldest first."""

    rater: str
    name: str
    role: str
    created_at: str
    tokens: tuple[TokenRecord, ...]


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """A device that has spoken to the server, and the public key of its packs where it has sent any."""

    id: str
    public_key: str | None
    first_seen: str
    last_seen: str


@dataclass(frozen=True, slots=True)
class Revoked:
    """Whose tokens were revoked, and which; none where they had none that was not revoked before."""

    rater: str
    name: str
    tokens: tuple[str, ...]


def add(
    driver: Driver,
    name: str,
    role: str | None,
    *,
    queues: Sequence[str] | None,
    expires_at: str | None,
    stream: str,
    actor: str,
) -> NewToken:
    """Makes a token for the user of that name, who is added where new. To be called in a transaction.

    Without a role whoever is new is a rater, and all others stay what they are. `queues` are identifiers; None makes it
    good for all. Raises WrongUsage for what cannot be a name or a role, BadInput for a queue that does not exist.
    """
    _refuse_unfit(name)
    if role is not None and role not in ROLES:
        raise WrongUsage(f"there is no role '{_shown(role)}'.", mend=f"Take one of {', '.join(ROLES)}.")
    for queue in queues or ():
        if _sql.queue.first(driver, queue=queue) is None:
            raise BadInput(f"there is no queue with the identifier '{_shown(queue)}'.")
    rater = ensure_rater(driver, name)
    holding.rater(driver, rater)
    before = _sql.role.first(driver, rater=rater)
    role = role or (before[0] if before else ROLES[0])
    told = {"stream": stream, "actor": actor, "attested": "server"}
    if before is None:
        _sql.insert_account.run(driver, rater=rater, role=role, created_at=now())
        _tell(driver, "user.added", rater, {"rater": rater, "role": role}, {"role": role}, told)
    elif before[0] != role:
        _sql.change_role.run(driver, of_rater=rater, to_role=role)
        changed = {"from": before[0], "role": role}
        _tell(driver, "user.role", rater, {"rater": rater, "role": role}, changed, told)
    token, text = _put_token(driver, rater, queues, expires_at, told)
    return NewToken(token, text, rater, role, before is not None)


def who(driver: Driver, text: str, moment: str) -> Caller | None:
    """Who holds the token `text`; None where it is none, is unknown, or is good no more at `moment`.

    How long it takes does not tell how much of a wrong secret is right.
    """
    found = _TOKEN.fullmatch(text)
    if found is None:
        return None
    token, secret = found.groups()
    row = _sql.bearer.first(driver, token=token)
    kept, revoked_at, expires_at, scope, rater, name, role = row or (_NOBODYS_HASH, moment, None, None, "", "", "")
    if not hmac.compare_digest(kept, _hash(secret)) or revoked_at is not None or _is_over(expires_at, moment):
        return None
    return Caller(rater, name, role, None if scope is None else _scope(driver, orjson.loads(scope)), token, expires_at)


def _scope(driver: Driver, queues: Sequence[str]) -> frozenset[str]:
    # A round is started after the token was made, and whoever rates a queue has to calibrate in its rounds.
    return frozenset(queues).union(
        child for parent in queues for (child,) in _sql.rounds_of.rows(driver, parent=parent)
    )


def spoke(driver: Driver, device: str, rater: str, moment: str) -> None:
    """Keeps that a device spoke to the server as a rater. To be called in a transaction."""
    _sql.put_device.run(driver, device=device, rater=rater, public_key=None, first_seen=moment, last_seen=moment)


def devices(driver: Driver) -> dict[str, list[DeviceRecord]]:
    """The devices of each rater, by the rater's identifier, oldest first."""
    found: dict[str, list[DeviceRecord]] = {}
    for rater, *told in _sql.devices.rows(driver):
        found.setdefault(rater, []).append(DeviceRecord(*told))
    return found


def every(driver: Driver) -> list[AccountRecord]:
    """All users by name, with all the tokens that they ever had."""
    rows = groupby(_sql.tokens.rows(driver), key=itemgetter(0))
    tokens = {rater: tuple(_token_record(row) for row in of_rater) for rater, of_rater in rows}
    return [
        AccountRecord(rater, name, role, created_at, tokens.get(rater, ()))
        for rater, name, role, created_at in _sql.every.rows(driver)
    ]


def revoke(driver: Driver, named: str, *, stream: str, actor: str) -> Revoked:
    """Revokes one token, or all of a user: `named` is a token's identifier, a token itself, or a user's name. What was
    revoked before stays so. To be called in a transaction. Raises BadInput where nobody and nothing is called so."""
    token = _token_named(named)
    rater = _rater_meant(driver, named, token)
    holding.rater(driver, rater)
    good = [found for (found,) in _sql.not_revoked.rows(driver, rater=rater)]
    over = [found for found in good if token in ("", found)]
    told = {"stream": stream, "actor": actor, "attested": "server"}
    for found in over:
        at = now()
        _sql.revoke.run(driver, of_token=found, at=at)
        _tell(driver, "token.revoked", found, {"token": found, "revoked_at": at}, {"rater": rater}, told)
    return Revoked(rater, rater_name(driver, rater), tuple(over))


def _rater_meant(driver: Driver, named: str, token: str) -> str:
    row = None
    if token:
        row = _sql.rater_of_token.first(driver, token=token)
    elif named.isprintable():
        row = _sql.called.first(driver, name=named)
    if row is not None:
        return str(row[0])
    # Of what may be a token nothing is told but the part that may be.
    other = "no such token" if named.startswith(_PREFIX) else f"no user '{_shown(named)}'"
    raise BadInput(
        f"there is {f'no token {token}' if token else other}.", mend="`reviewer user list` shows users and tokens."
    )


def _refuse_unfit(name: str) -> None:
    if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME or "," in name:
        raise WrongUsage(
            f"'{_shown(name)}' cannot be a user's name.",
            mend=f"Take at most {_LONGEST_NAME} printable characters, no comma, no blank at the ends.",
        )
    if _token_named(name) or name.startswith(_PREFIX):
        raise WrongUsage("this cannot be a user's name: tokens are called so.", mend="Take another name.")


def _put_token(
    driver: Driver, rater: str, scope: Sequence[str] | None, expires_at: str | None, told: dict[str, Any]
) -> tuple[str, str]:
    token, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    row = {
        "id": token,
        "rater": rater,
        "hash": _hash(secret),
        "queues": None if scope is None else canonical_json(sorted(set(scope))).decode(),
        "created_at": now(),
        "expires_at": expires_at,
        "revoked_at": None,
    }
    _sql.insert_token.run(driver, **row)
    limits = {"queues": None if scope is None else sorted(set(scope)), "expires_at": expires_at}
    data = {"rater": rater} | {name: limit for name, limit in limits.items() if limit is not None}
    _tell(driver, "token.made", token, row, data, told)
    return token, f"rvw_{token}_{secret}"


def _tell(
    driver: Driver, action: str, subject: str, content: dict[str, Any], data: dict[str, Any], told: dict[str, Any]
) -> None:
    events.append(driver, action=action, subject=subject, content=content, data=data, **told)


def _token_record(row: Sequence[Any]) -> TokenRecord:
    _rater, token, scope, *times = row
    return TokenRecord(token, None if scope is None else tuple(orjson.loads(scope)), *times)


def _token_named(named: str) -> str:
    """The identifier of the token that is meant, be it by a whole or a mistyped one; empty where none is."""
    found = _MEANT.fullmatch(named)
    return found[1] or found[2] if found else ""


def _hash(secret: str) -> str:
    # The secret is 256 random bits: there is nothing to guess that a slow hash would slow down.
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def _is_over(expires_at: str | None, moment: str) -> bool:
    return expires_at is not None and expires_at <= moment


def _shown(text: str) -> str:
    return text[:40] if text.isprintable() else text[:40].encode("unicode_escape").decode()
