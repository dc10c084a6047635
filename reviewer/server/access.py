"""Who may ask what: every route declares it, and one that does not keeps the server from starting."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Any, Literal, NoReturn

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from reviewer.ids import now
from reviewer.server.binding import Binding
from reviewer.server.desk import Serving, desk_for
from reviewer.server.limits import BoundedRequest
from reviewer.server.settings import ServerSettings
from reviewer.server.troubles import Refusal, answer_to
from reviewer.store import accounts
from reviewer.store.accounts import Caller
from reviewer.sync import wire

EVERYBODY: frozenset[str] = frozenset()
"""No token is asked for."""

RATERS = frozenset(accounts.ROLES)
LEADS = frozenset({"lead", "admin"})

SMALL = 64 << 10
"""How large a message may be that holds no labels."""

_TOLD: dict[str, Any] = {"model": wire.Trouble}
_TOLD_BESIDE: dict[str, Any] = {
    "description": "A trouble",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Trouble"}}},
}
"""How a trouble is described where a good answer is of another kind than it is."""

_VERSIONS = range(wire.OLDEST, wire.VERSION + 1)
_LONGEST_TOKEN = 100
_DECLARED = "__reviewer_access__"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a route and whose data it touches: their own, the team's in a queue, or nobody's.

    `versioned` routes refuse a version of the wire that this program does not speak. `most` bounds the message; None
    leaves that to the settings.
    """

    roles: frozenset[str]
    whose: Literal["own", "team", "nobody"]
    versioned: bool = True
    most: int | None = SMALL


@dataclass(frozen=True, slots=True)
class Declared:
    """A route: where it stands, what it does, who may use it, and what it answers: a message, or what is
    streamed."""

    method: str
    path: str
    endpoint: Callable[..., Any]
    access: Access
    summary: str
    answer: Any
    errors: frozenset[int]
    told: dict[str, Any] = field(default_factory=dict)


def declare(
    routes: list[Declared],
    method: str,
    path: str,
    summary: str,
    *,
    access: Access,
    answer: Any,
    errors: frozenset[int] = frozenset(),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds the decorated function to `routes`; its docstring tells the rest."""

    def decorated(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        setattr(endpoint, _DECLARED, access)
        routes.append(Declared(method, path, endpoint, access, summary, answer, errors))
        return endpoint

    return decorated


def add_to(app: FastAPI, routes: list[Declared]) -> None:
    """Adds the routes to the application."""
    for route in routes:
        streams = inspect.isclass(route.answer) and issubclass(route.answer, Response)
        app.router.add_api_route(
            route.path,
            route.endpoint,
            methods=[route.method],
            summary=route.summary,
            response_model=None if streams else route.answer,
            response_class=route.answer if streams else JSONResponse,
            responses=dict.fromkeys(sorted(_errors(route)), _TOLD_BESIDE if streams else _TOLD),
            openapi_extra={"x-roles": sorted(route.access.roles), "x-whose": route.access.whose},
            route_class_override=Guarded,
        )


def refuse_undeclared(app: FastAPI) -> None:
    """Raises TypeError where a route of the application does not declare who may use it."""
    for route in app.routes:
        if not isinstance(route, Guarded):
            raise TypeError(f"the route {getattr(route, 'path', route)} does not say who may use it")


def _errors(route: Declared) -> set[int]:
    found = {429, 500, 503, *route.errors}
    if route.access.versioned:
        found |= {426}
    if route.access.roles:
        found |= {401, 403}
    if "{" in route.path:
        found |= {404, 422}
    if route.method == "POST":
        found |= {400, 408, 413, 415, 422}
    return found


class Guarded(APIRoute):
    """A route that lets nobody in whom it does not name, before anything of the message is read."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        access = getattr(endpoint, _DECLARED, None)
        if not isinstance(access, Access):
            raise TypeError(f"the route {path} does not say who may use it")
        self.access = access
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the guard.

        A plain function does all its work on one thread, from the token to the answer; of a coroutine FastAPI takes
        care once the caller was let in.
        """
        access, endpoint = self.access, self.endpoint
        handle = super().get_route_handler()
        binding = None if inspect.iscoroutinefunction(endpoint) else Binding(self.path_format, endpoint)

        async def guarded(request: Request) -> Response:
            serving: Serving = request.app.state.serving
            try:
                if access.versioned:
                    _refuse_other_versions(request)
                bounded = _bounded(request, access, serving.settings)
                if binding is None:
                    await serving.off_the_loop(let_in, serving, access, request)
                    return await handle(bounded)
                body, known = b"", False
                if binding.message is not None:
                    if not bounded.is_within(SMALL):
                        await serving.off_the_loop(let_in, serving, access, request)
                        known = True
                    body = await bounded.body()
                return await serving.off_the_loop(answered, serving, access, request, body, known)
            except Exception as error:
                return answer_to(error, serving.log)

        def answered(serving: Serving, access: Access, request: Request, body: bytes, known: bool) -> Response:
            if not known:
                let_in(serving, access, request)
            assert binding is not None
            desk = desk_for(request)
            response: Response = endpoint(**binding.bind(request, body, desk))
            return response

        return guarded


def _bounded(request: Request, access: Access, settings: ServerSettings) -> BoundedRequest:
    return BoundedRequest(
        request.scope,
        request.receive,
        most=access.most or settings.most_bytes,
        most_packed=min(access.most or settings.most_packed, settings.most_packed),
        seconds=settings.body_seconds,
    )


def let_in(serving: Serving, access: Access, request: Request) -> None:
    """Raises Refusal for who may not pass; else notes the caller, where there is one."""
    moment = monotonic()
    address = request.client.host if request.client else ""
    if not access.roles:
        _slow_down(serving.strangers.take(address, moment))
        return
    caller = _caller(serving, request.headers.get("authorization", ""))
    if caller is None:
        _slow_down(serving.strangers.take(address, moment))
        _refuse_strangers()
    request.state.caller = caller
    _slow_down(serving.callers.take(caller.token, moment))
    if caller.role not in access.roles:
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            "role",
            f"this is not for you: your role on the server is {caller.role}.",
            "Ask those who run it.",
        )
    queue = request.path_params.get("queue")
    if queue is not None and caller.queues is not None and queue not in caller.queues:
        raise no_queue()


def no_queue() -> Refusal:
    """What is said of a queue that is not there, and of one that the caller may not know of."""
    return Refusal(
        HTTPStatus.NOT_FOUND, "no_queue", "there is no such queue for you.", "`reviewer pull REMOTE` lists yours."
    )


def _caller(serving: Serving, header: str) -> Caller | None:
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token.startswith("rvw_") or len(token) > _LONGEST_TOKEN:
        return None
    with serving.work.reading() as connection:
        return accounts.who(connection, token, now())


def _refuse_other_versions(request: Request) -> None:
    version = request.headers.get("reviewer-wire")
    if version is None or (version.isascii() and version.isdecimal() and int(version[:9]) in _VERSIONS):
        return
    spoken = str(wire.VERSION) if wire.OLDEST == wire.VERSION else f"{wire.OLDEST} to {wire.VERSION}"
    raise Refusal(
        HTTPStatus.UPGRADE_REQUIRED,
        "other_version",
        f"this server speaks version {spoken} of the protocol, and was spoken to in another.",
        "Update the older of the two programs.",
        {"Upgrade": f"reviewer-wire/{wire.VERSION}", "Connection": "close"},
    )


def _refuse_strangers() -> NoReturn:
    raise Refusal(
        HTTPStatus.UNAUTHORIZED,
        "no_token",
        "the server does not take this token: it was revoked, has expired, or never was one.",
        "Ask for another one, then run `reviewer remote add NAME URL` again with it.",
        {"WWW-Authenticate": 'Bearer realm="reviewer"'},
    )


def _slow_down(seconds: float) -> None:
    if seconds:
        raise Refusal(
            HTTPStatus.TOO_MANY_REQUESTS,
            "rate",
            "that were too many requests.",
            "Try again in a while.",
            {"Retry-After": str(int(seconds) + 1)},
        )
