"""`reviewer user`: who may use the server, as what, and the tokens that prove it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at
from reviewer.errors import BadInput, WrongUsage

if TYPE_CHECKING:
    from reviewer.store.accounts import AccountRecord, NewToken
    from reviewer.store.prepared import Connection, Driver

_MOST_DAYS = 3650


@click.group(name="user")
def user() -> None:
    """Who may use the server, as what, and until when.

    A user proves who they are by a token. It is told once, when it is made; the store keeps only what it can be checked
    by. Run these where the server's store is: beside `reviewer serve`, or with its --database.

    \b
    Examples:
      reviewer user add ana --role rater
      reviewer user list
      reviewer user revoke ana
    """


@user.command()
@click.argument("name", metavar="NAME")
@click.option(
    "--role",
    metavar="rater|adjudicator|lead|admin",
    help="What the user may do; who is new is a rater, and all others stay what they are, where it is left out.",
)
@click.option(
    "--queue",
    "named",
    multiple=True,
    metavar="QUEUE",
    help="Good for this queue and its rounds only; may be given again.",
)
@click.option("--expires", metavar="DAYS|DATE", help="Good for so many days, or through that day (2027-01-31, UTC).")
@home_option
@json_option
def add(
    name: str, role: str | None, named: tuple[str, ...], expires: str | None, home: Path | None, as_json: bool
) -> None:
    """Makes a token for NAME, and adds the user where new. The token is told this once.

    Standard output holds the token alone. Labels that a rater of this name gave here before are theirs. A user who is
    there gets a further token, for another device or in place of one that is lost; --role changes the role for all of
    them at once. A rater labels and sees only what is their own; an adjudicator decides what is disputed; a lead sees
    progress and runs rounds; an admin may do everything.

    --queue covers the calibration rounds of that queue, too, also those to come. Without it a token is good for every
    open queue, also one that is there for its decided items alone, which others are given as gold: close that one
    (`reviewer queue close QUEUE`), and its decisions go on serving as gold.

    \b
    Examples:
      reviewer user add ana --role rater
      reviewer user add ben --role lead --expires 90
      reviewer user add temp --role rater --queue kyc --expires 2027-01-31
      reviewer --database postgresql://reviewer@db.example/reviewer user add cem --role rater
    """
    from reviewer.store import accounts, queues

    expires_at = _moment_of(expires) if expires is not None else None
    chosen = home_at(home)
    store = store_at(chosen, create=True)

    def job(connection: Connection) -> NewToken:
        scope = [_queue_called(connection, queue) for queue in named] or None
        actor = queues.ensure_rater(connection, chosen.rater())
        return accounts.add(
            connection, name, role, queues=scope, expires_at=expires_at, stream=store.device, actor=actor
        )

    made = store.transact(job)
    if as_json:
        print_json(
            {
                "name": name,
                "rater": made.rater,
                "role": made.role,
                "token": made.text,
                "id": made.id,
                "queues": list(named) or None,
                "expires_at": expires_at,
            }
        )
        return
    click.echo(plainly(_said_of(name, made, named, expires_at)), err=True)
    click.echo(made.text)
    click.echo(
        "On their device they run `reviewer remote add NAME URL`, which asks for it; what is typed there is not shown. "
        f"`reviewer user revoke {made.id}` ends it.",
        err=True,
    )


@user.command(name="list")
@click.option("--devices", is_flag=True, help="Lists the devices that have spoken for each of them, too.")
@home_option
@json_option
def list_(devices: bool, home: Path | None, as_json: bool) -> None:
    """Lists the users by name, with their tokens: how these stand, and for what they are good.

    A token is named by its identifier, the part of it that may be told: rvw_IDENTIFIER_… A device is named by the
    identifier of its store; when it spoke last is kept to a few minutes.

    \b
    Examples:
      reviewer user list
      reviewer user list --devices
      reviewer user list --json
    """
    from reviewer.ids import now
    from reviewer.store import accounts, queues

    with store_at(home_at(home)).reading() as connection:
        found = accounts.every(connection)
        names = {record.id: record.name for record in queues.all_queues(connection)}
        spoken = accounts.devices(connection) if devices else {}
    rows = [_row(account, names, now()) for account in found]
    for row in rows if devices else ():
        row["devices"] = [asdict(device) for device in spoken.get(row["rater"], ())]
    if as_json:
        print_json({"users": rows})
        return
    if not rows:
        click.echo("There is no user yet: `reviewer user add NAME --role rater` adds one.")
    for row in rows:
        click.echo(plainly(f"{row['name']}: {row['role']}, added {row['created_at'][:10]}"))
        for token in row["tokens"]:
            click.echo(plainly(f"  {_line(token)}"))
        for device in row.get("devices", ()):
            click.echo(plainly(f"  {_device_line(device)}"))


@user.command()
@click.argument("named", metavar="NAME|TOKEN")
@home_option
@json_option
def revoke(named: str, home: Path | None, as_json: bool) -> None:
    """Revokes all tokens of a user, or the one with that identifier: the server lets nobody in with them any more.

    Labels stay. What a device has not sent yet is safe there, and goes through once the user has a new token.

    \b
    Examples:
      reviewer user revoke ana
      reviewer user revoke 3f9c01d27ab4
    """
    from reviewer.store import accounts, queues
    from reviewer.store.accounts import Revoked

    chosen = home_at(home)
    store = store_at(chosen)

    def job(connection: Connection) -> Revoked:
        actor = queues.ensure_rater(connection, chosen.rater())
        return accounts.revoke(connection, named, stream=store.device, actor=actor)

    done = store.transact(job)
    if as_json:
        print_json({"name": done.name, "rater": done.rater, "revoked": list(done.tokens)})
    elif not done.tokens:
        click.echo(plainly(f"Nothing was left to revoke of {done.name}."))
    else:
        several = f"{len(done.tokens)} tokens" if len(done.tokens) > 1 else "1 token"
        click.echo(plainly(f"Revoked {several} of {done.name}: {', '.join(done.tokens)}."))


def _moment_of(expires: str) -> str:
    """When a token ends: after so many days, or with that day. Raises WrongUsage."""
    if expires.isascii() and expires.isdecimal() and 1 <= int(expires[:9]) <= _MOST_DAYS:
        return _written(datetime.now(UTC) + timedelta(days=int(expires)))
    try:
        last = date.fromisoformat(expires)
    except ValueError:
        last = None
    today = datetime.now(UTC).date()
    if last is None or not today <= last <= today + timedelta(days=_MOST_DAYS):
        raise WrongUsage(
            f"--expires '{plainly(expires[:40])}' is neither a number of days nor a day to come.",
            mend=f"Write 90 (at most {_MOST_DAYS:,}), or a day such as {today + timedelta(days=90)}.",
        )
    return _written(datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1))


def _written(moment: datetime) -> str:
    """As `reviewer.ids.now` writes it, which compares as text."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _queue_called(connection: Driver, name: str) -> str:
    from reviewer.store import queues

    found = queues.find(connection, name) if name.isprintable() else None
    if found is None:
        raise BadInput(f"there is no queue '{plainly(name[:100])}'.", mend="`reviewer queue list` names them.")
    return found.id


def _said_of(name: str, made: NewToken, queues: tuple[str, ...], expires_at: str | None) -> str:
    scope = f" in {', '.join(queues)} only" if queues else ""
    until = f", until {expires_at[:16].replace('T', ' ')} UTC" if expires_at else ""
    further = "a further token of" if made.known else "the token of"
    return f"This is {further} {name}, {made.role} on the server{scope}{until}. It is told this once:"


def _row(account: AccountRecord, names: dict[str, str], moment: str) -> dict[str, Any]:
    return {
        "name": account.name,
        "rater": account.rater,
        "role": account.role,
        "created_at": account.created_at,
        "tokens": [
            {
                "id": token.id,
                "state": token.state(moment),
                "queues": None if token.queues is None else [names.get(queue, queue) for queue in token.queues],
                "created_at": token.created_at,
                "expires_at": token.expires_at,
                "revoked_at": token.revoked_at,
            }
            for token in account.tokens
        ],
    }


def _device_line(device: dict[str, Any]) -> str:
    key = f", packs signed by {device['public_key'][:16]}…" if device["public_key"] else ""
    last = device["last_seen"][:16].replace("T", " ")
    return f"device {device['id']}  since {device['first_seen'][:10]}, last seen {last} UTC{key}"


def _line(token: dict[str, Any]) -> str:
    scope = "all queues" if token["queues"] is None else ", ".join(token["queues"])
    told = f"{token['id']}  {token['state']:<8} made {token['created_at'][:10]}"
    if token["revoked_at"]:
        return f"{told}, revoked {token['revoked_at'][:10]}"
    until = f", until {token['expires_at'][:16].replace('T', ' ')} UTC" if token["expires_at"] else ""
    return f"{told}{until}, for {scope}"
