"""What went wrong, as the wire tells it: a status, one sentence and the mend, never a traceback."""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from logging import Logger
from pathlib import Path

from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from reviewer.errors import ReviewerError
from reviewer.store.troubles import StoreTrouble
from reviewer.sync import wire

_STORE_SECONDS = 2
_OF_HTTP = {
    404: ("not_found", "there is nothing at this address.", "Look at /openapi.json."),
    405: ("method", "this address is not asked so.", "Look at /openapi.json."),
    422: ("malformed", "the request is not as it should be.", "Look at /openapi.json."),
    400: ("malformed", "the message cannot be read.", "Send JSON, as /openapi.json describes it."),
}


class Refusal(Exception):
    """A request that is refused, and how that is told."""

    def __init__(
        self, status: int, code: str, what: str, mend: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.headers = headers
        self.trouble = wire.Trouble(code=code, what=what, mend=mend)


def told(status: int, trouble: wire.Trouble, headers: Mapping[str, str] | None = None) -> Response:
    """A trouble as an answer."""
    return Response(
        trouble.model_dump_json(), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json"
    )


def answer_to(error: Exception, log: Logger) -> Response:
    """The answer where `error` ended a request; what only those who run the server can mend goes to the log."""
    match error:
        case Refusal():
            return told(error.status, error.trouble, error.headers)
        case RequestValidationError():
            return answer_to(HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY), log)
        case HTTPException():
            code, what, mend = _OF_HTTP.get(error.status_code, ("refused", "this cannot be answered.", ""))
            return told(error.status_code, wire.Trouble(code=code, what=what, mend=mend), error.headers)
        case StoreTrouble():
            log.error("store", extra={"fields": {"what": error.what}})
            trouble = wire.Trouble(
                code="store", what="the server's store cannot be used just now.", mend="Try again in a while."
            )
            return told(HTTPStatus.SERVICE_UNAVAILABLE, trouble, {"Retry-After": str(_STORE_SECONDS)})
        case ReviewerError():
            return told(HTTPStatus.CONFLICT, wire.Trouble(code="refused", what=error.what, mend=error.mend))
        case _:
            return _defect(error, log)


def _defect(error: Exception, log: Logger) -> Response:
    """An answer by whose reference the log's line is found. The words of the error itself may quote texts."""
    reference = secrets.token_hex(6)
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    fields = {"reference": reference, "error": type(error).__name__, "frames": where}
    log.error("defect", extra={"fields": fields})
    trouble = wire.Trouble(
        code="defect",
        what="the server failed at this; that is a defect of the program.",
        mend=f"Tell those who run it this reference: {reference}.",
    )
    return told(HTTPStatus.INTERNAL_SERVER_ERROR, trouble)
