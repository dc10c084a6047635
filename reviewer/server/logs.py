"""What the server logs: one line of JSON a request, without texts, tokens and names of items."""

from __future__ import annotations

import logging
import os
import sys
from io import TextIOWrapper
from logging.handlers import WatchedFileHandler
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reviewer.errors import BadInput
from reviewer.ids import now
from reviewer.server.troubles import answer_to, told
from reviewer.sync import wire

NAME = "reviewer.server"

MOST_HEAD = 16 << 10
"""How large the head of a request may be."""


_NEW_LINE = "\n"


class JsonLines(logging.Formatter):
    """A record as one JSON object: its moment, level and event, and what it holds."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. Of what other programs log, the exception's words are left out: they may quote anything."""
        fields: dict[str, Any] = getattr(record, "fields", None) or {}
        said = (
            record.msg
            if record.name == NAME
            else f"{record.name}: {record.getMessage().strip().partition(_NEW_LINE)[0]}"
        )
        line = {"at": now(), "level": record.levelname.lower(), "event": said, **fields}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return orjson.dumps(line, default=str).decode()


class _PrivateFile(WatchedFileHandler):
    """A file for its owner alone, opened anew where it was moved away."""

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding="utf-8", opener=_private)


def begin(file: Path | None) -> logging.Logger:
    """The server's log, which goes to `file` or to standard error. Raises BadInput where the file cannot be written."""
    try:
        handler = _PrivateFile(str(file), delay=False) if file else logging.StreamHandler(sys.stderr)
    except OSError as error:
        raise BadInput(f"the log cannot be written ({error.strerror}).", where=str(file)) from error
    handler.setFormatter(JsonLines())
    for name, level in ((NAME, logging.INFO), ("uvicorn.error", logging.WARNING), ("asyncio", logging.ERROR)):
        logger = logging.getLogger(name)
        for old in logger.handlers[:]:
            logger.removeHandler(old)
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False
    return logging.getLogger(NAME)


class Watched:
    """Logs each request once it is answered, and answers where what it wraps could not."""

    def __init__(self, app: ASGIApp, log: logging.Logger) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = perf_counter()
        app = self._app if _head_size(scope) <= MOST_HEAD else _too_long
        status = sent = 0

        async def counting(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await app(scope, receive, counting)
        except Exception as error:
            if status:
                raise
            await answer_to(error, self._log)(scope, receive, counting)
        finally:
            caller = scope.get("state", {}).get("caller")
            fields = {
                "method": scope["method"] if scope["method"] in _METHODS else "",
                "route": getattr(scope.get("route"), "path_format", None),
                "status": status,
                "ms": round((perf_counter() - begun) * 1000, 2),
                "bytes": sent,
                "token": caller.token if caller else None,
            }
            # Not by `info`, which looks through the stack for who called it, at every request.
            said = {"name": self._log.name, "levelno": logging.INFO, "levelname": "INFO", "msg": "request"}
            self._log.handle(logging.makeLogRecord(said | {"fields": fields}))


_A_LINE = len(": \r\n")
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"})


def _head_size(scope: Scope) -> int:
    lines = sum(len(name) + len(value) + _A_LINE for name, value in scope["headers"])
    return len(scope["raw_path"]) + len(scope["query_string"]) + lines


async def _too_long(scope: Scope, receive: Receive, send: Send) -> None:
    trouble = wire.Trouble(
        code="too_large", what=f"the head of the request is larger than {MOST_HEAD >> 10} KB.", mend="Send less."
    )
    await told(431, trouble, {"Connection": "close"})(scope, receive, send)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
