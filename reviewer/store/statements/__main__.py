"""Compiles the statements into the file from which the program starts."""

from __future__ import annotations

import orjson

from reviewer.store.statements import COMPILED, compile_all

if __name__ == "__main__":
    COMPILED.write_bytes(orjson.dumps(compile_all(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
