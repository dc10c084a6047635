"""`reviewer serve`: the store, served to a team."""

from __future__ import annotations

import re
from pathlib import Path

import click

from reviewer.cli.options import home_at, home_option, plainly
from reviewer.errors import BadInput, WrongUsage

_MOST_HOURS = 24 * 366
_MOST_WORKERS = 64
_LONGEST_NAME = 100
_HOURS = 192


@click.command(name="serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="The port; 0 takes any that is free."
)
@click.option(
    "--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="The server's certificate chain, as PEM."
)
@click.option("--tls-key", type=click.Path(path_type=Path), metavar="FILE", help="Its key, as PEM.")
@click.option("--insecure-http", is_flag=True, help="Serves others without TLS: tokens and texts go in the clear.")
@click.option("--name", default="Reviewer", show_default=True, metavar="TEAM", help="What the server is called.")
@click.option(
    "--lease-hours",
    type=click.IntRange(1, _MOST_HOURS),
    default=_HOURS,
    show_default=True,
    help="How long a device holds the tasks that it pulled.",
)
@click.option(
    "--workers", type=click.IntRange(1, _MOST_WORKERS), default=1, show_default=True, help="How many processes serve."
)
@click.option(
    "--rate",
    type=click.FloatRange(0),
    default=100,
    show_default=True,
    help="How many requests a second a token may send in the long run, ten times as many at once; 0: any number.",
)
@click.option(
    "--log", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Where to log; else standard error."
)
@home_option
def serve(
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    insecure_http: bool,
    name: str,
    lease_hours: int,
    workers: int,
    rate: float,
    log: Path | None,
    home: Path | None,
) -> None:
    """Serves the store to a team: raters pull from its queues, work anywhere, and send labels back.

    It listens on this machine alone; another address needs TLS, by flags or by a proxy before it. Who may use it is
    said by `reviewer user`. Each request is logged as a line of JSON, without texts and tokens. Ctrl-C, or SIGTERM,
    stops it once what is under way is answered. Any number of these may serve one PostgreSQL database.

    \b
    Examples:
      reviewer serve
      reviewer serve --host 0.0.0.0 --port 443 --tls-cert chain.pem --tls-key key.pem --name "Trust & Safety"
      reviewer --database postgresql://reviewer@db.example/reviewer serve --workers 4 --log /var/log/reviewer.log
    """
    _refuse_unfit(name)
    if (tls_cert is None) != (tls_key is None):
        raise WrongUsage("TLS needs both a certificate and its key.", mend="Give --tls-cert and --tls-key.")
    try:
        from reviewer.server import running
        from reviewer.server.settings import ServerSettings
    except ModuleNotFoundError as error:
        raise BadInput(
            f"serving needs '{error.name}', which is not installed.",
            mend="Install it with: pip install 'reviewer[server]'",
        ) from error
    tls = running.Tls(tls_cert, tls_key) if tls_cert and tls_key else None
    if tls:
        tls.check()
    elif not insecure_http:
        running.refuse_in_the_clear(host)
    chosen = home_at(home)
    place = running.Place(chosen.store, chosen.database)
    settings = ServerSettings(name=name, lease_seconds=lease_hours * 3600, rate=rate, burst=max(1, int(10 * rate)))
    listening = running.bind(host, port)
    url = _url(host, listening.getsockname()[1], secure=tls is not None)

    def say() -> None:
        click.echo(f"Serving at {url}; Ctrl-C stops it.")
        click.echo(
            "`reviewer user add NAME --role rater` prints a token; with it the rater runs "
            f"`reviewer remote add TEAM {url}`."
        )

    try:
        running.run(place, settings, listening, tls=tls, workers=workers, log=log, ready=say)
    finally:
        listening.close()


def _url(host: str, port: int, *, secure: bool) -> str:
    shown = f"[{host}]" if ":" in host else plainly(host)
    return f"{'https' if secure else 'http'}://{shown}:{port}"


def _refuse_unfit(name: str) -> None:
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME or re.search(r"^\s|\s$", name):
        raise WrongUsage(
            "this cannot be the server's name.", mend=f"Take at most {_LONGEST_NAME} printable characters."
        )
