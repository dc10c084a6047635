"""An OpenAI-compatible server as a program of its own, which fails as it is told to and writes down what it was asked.

    python endpoint.py LOG PLAN

PLAN is JSON: {"delay": seconds, "faults": {"rate_limit": share, …}, "forever": {"garbage": share, …}, "values": {…},
"by_text": {text: {…}}}, the last being values for questions that hold a text. A question's first call meets a fault
with that share, by the question's own hash; `forever` faults are met on every call. LOG gets one JSON line a call: the
question's hash, and what was done.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

FAULTS = ("rate_limit", "unavailable", "break_off", "silence", "half", "no_json", "no_message", "garbage", "refusal")


class Endpoint:
    """Answers by the schema that a question comes with."""

    def __init__(self, log: Path, plan: dict[str, Any]) -> None:
        self.log = log.open("a", encoding="utf-8", buffering=1)
        self.plan = plan
        self.often: Counter[str] = Counter()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self.one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        body = await reader.readexactly(int(fields.get(b"content-length", b"0")))
        asked = hashlib.sha256(body).hexdigest()
        self.often[asked] += 1
        fault = self.fault(asked)
        await asyncio.sleep(self.plan.get("delay", 0))
        if fault == "silence":
            self.note(asked, fault, fields)
            await asyncio.sleep(60)
            return False
        if fault == "break_off":
            self.note(asked, fault, fields)
            return False
        status, extra, content = self.answer(json.loads(body), fault)
        told = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n{extra}\r\n"
        if fault == "half":
            self.note(asked, fault, fields)
            writer.write(told.encode() + content[: len(content) // 2])
            await writer.drain()
            return False
        writer.write(told.encode() + content)
        await writer.drain()
        self.note(asked, fault or "whole", fields)
        return True

    def fault(self, asked: str) -> str:
        drawn = int(asked[:8], 16) / 2**32
        for name, share in self.plan.get("forever", {}).items():
            if drawn < share:
                return str(name)
            drawn -= share
        if self.often[asked] > 1:
            return ""
        for name, share in self.plan.get("faults", {}).items():
            if drawn < share:
                return str(name)
            drawn -= share
        return ""

    def answer(self, asked: dict[str, Any], fault: str) -> tuple[int, str, bytes]:
        if fault == "rate_limit":
            return 429, "retry-after: 0\r\n", b'{"error": {"message": "slow \\u001b[31mdown"}}'
        if fault == "unavailable":
            return 503, "", b"busy"
        if fault == "no_json":
            return 200, "", b"<html>a proxy's page</html>"
        if fault == "no_message":
            return 200, "", b'{"choices": []}'
        if "refused" in self.plan:
            return int(self.plan["refused"]), "", b'{"error": {"message": "no such thing"}}'
        if "tools" in asked:
            return 200, "", json.dumps(self.of_anthropic(asked)).encode()
        message: dict[str, Any] = {"role": "assistant", "content": json.dumps(self.said(asked))}
        if fault == "garbage":
            message["content"] = "I would rather talk about the weather \x1b]0;x\x07 {"
        if fault == "refusal":
            message = {"role": "assistant", "content": None, "refusal": "I will not."}
        told: dict[str, Any] = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        if not self.plan.get("uncounted"):
            told["usage"] = {"prompt_tokens": 100, "completion_tokens": 10}
        return 200, "", json.dumps(told).encode()

    def of_anthropic(self, asked: dict[str, Any]) -> dict[str, Any]:
        block = {"type": "tool_use", "id": "t", "name": asked["tool_choice"]["name"], "input": self.said(asked)}
        usage = {"input_tokens": 100, "output_tokens": 10}
        return {"type": "message", "content": [block], "stop_reason": "tool_use", "usage": usage}

    def said(self, asked: dict[str, Any]) -> dict[str, Any]:
        if "tools" in asked:
            whole = asked["tools"][0]["input_schema"]
        else:
            whole = asked["response_format"]["json_schema"]["schema"]
        schema = whole["properties"]["values"]["properties"]
        chosen = dict(self.plan.get("values", {}))
        text = asked["messages"][-1]["content"]
        for part, values in self.plan.get("by_text", {}).items():
            if part in text:
                chosen.update(values)
        values = {name: chosen.get(name, _example(one)) for name, one in schema.items()}
        return {"rationale": "It says what the context says.", "values": values, "confidence": 0.75}

    def note(self, asked: str, done: str, fields: dict[bytes, bytes]) -> None:
        key = (fields.get(b"authorization") or fields.get(b"x-api-key", b"")).decode()
        self.log.write(json.dumps({"asked": asked, "done": done, "key": key}) + "\n")


def _example(schema: dict[str, Any]) -> Any:
    """Some value that a schema allows."""
    if "enum" in schema:
        return next(value for value in schema["enum"] if value is not None)
    if "anyOf" in schema:
        return _example(next(one for one in schema["anyOf"] if one.get("type") != "null"))
    kind = schema.get("type")
    kind = next(one for one in kind if one != "null") if isinstance(kind, list) else kind
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    return {"boolean": True, "string": "some words", "array": []}[str(kind)]


async def _serve(log: Path, plan: dict[str, Any]) -> None:
    endpoint = Endpoint(log, plan)
    server = await asyncio.start_server(endpoint.connected, "127.0.0.1", 0, limit=1 << 24)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), json.loads(sys.argv[2])))
