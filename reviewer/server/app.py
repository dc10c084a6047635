"""The application: routes behind their guard, over one store."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from reviewer.server import document, live, logs, routes
from reviewer.server.access import add_to, refuse_undeclared
from reviewer.server.desk import Serving
from reviewer.server.settings import ServerSettings
from reviewer.server.troubles import answer_to
from reviewer.store.connection import Store
from reviewer.store.prepared import POSTGRESQL, SQLITE
from reviewer.store.serving import make_ready


def create_app(store: Store, settings: ServerSettings | None = None) -> FastAPI:
    """The application over an open store, which it closes when it ends.

    Raises TypeError where a route does not declare who may use it.
    """
    make_ready(SQLITE if store.is_file else POSTGRESQL)
    log = logging.getLogger(logs.NAME)
    serving = Serving(store, settings or ServerSettings(), log)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            serving.close()

    app = FastAPI(title="Reviewer", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.router.redirect_slashes = False
    app.state.serving = serving
    app.state.tail = live.Tail(serving)
    add_to(app, [*routes.ROUTES, *live.ROUTES])

    async def answered(_request: Request, error: Exception) -> Response:
        return answer_to(error, log)

    for kind in (HTTPException, RequestValidationError):
        app.add_exception_handler(kind, answered)
    app.openapi = lambda: document.document(app)  # type: ignore[method-assign]
    document.serve(app)
    refuse_undeclared(app)
    return app


def watched(app: FastAPI) -> ASGIApp:
    """The application with its log."""
    return logs.Watched(app, app.state.serving.log)
