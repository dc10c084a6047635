"""The OpenAPI document: what FastAPI makes of the routes, with what these check before they are asked."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi

from reviewer import __version__
from reviewer.server.access import EVERYBODY, Access, Declared, Guarded, add_to, declare
from reviewer.sync import wire

_DESCRIPTION = """\
The wire between the devices of raters and the server of their team.

Every message is JSON, in either direction compressed by gzip where the headers say so. Every answer that is not 200 is
a `Trouble`: one sentence, and what to do about it. All requests are safe to repeat.
"""
_VERSION = {
    "name": "Reviewer-Wire",
    "in": "header",
    "required": False,
    "description": "The version of the wire that the client speaks.",
    "schema": {"type": "string", "enum": [str(version) for version in range(wire.OLDEST, wire.VERSION + 1)]},
}


def document(app: FastAPI) -> dict[str, Any]:
    """The document of all routes of `app`."""
    made = get_openapi(title=app.title, version=__version__, description=_DESCRIPTION, routes=app.routes)
    schemes = made.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["token"] = {"type": "http", "scheme": "bearer", "description": "A token that `reviewer user add` printed."}
    for route in app.routes:
        if not isinstance(route, Guarded) or not route.include_in_schema:
            continue
        for method in route.methods or ():
            operation = made["paths"][route.path_format][method.lower()]
            operation["security"] = [{"token": []}] if route.access.roles else []
            if route.access.versioned:
                operation.setdefault("parameters", []).append(_VERSION)
    return made


def serve(app: FastAPI) -> None:
    """Adds the route that answers with the document, which is made once."""
    kept: list[bytes] = []

    async def openapi() -> Response:
        """The description of all other routes."""
        if not kept:
            kept.append(orjson.dumps(app.openapi()))
        return Response(kept[0], media_type="application/json")

    declared: list[Declared] = []
    access = Access(EVERYBODY, "nobody", versioned=False)
    declare(declared, "GET", "/openapi.json", "This document", access=access, answer=dict[str, Any])(openapi)
    add_to(app, declared)
