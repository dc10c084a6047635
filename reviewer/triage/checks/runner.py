"""Runs what a user's checks name, within limits. It is a program of its own and knows nothing of Reviewer.

`python runner.py MODE SECONDS MEGABYTES …` sets the limits for itself. `run` then becomes the command that follows;
`function` and `tests` read {"source", "name", "given", "token"} as JSON from standard input, and say what came of it as
one line of JSON behind the token: what the examined code prints cannot be taken for it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any

_FILES = 16 << 20


def limit(seconds: int, megabytes: int) -> None:
    """No core file, so much memory and time of the processor, and no file larger than 16 MB. What the system grants
    less of stays as it is."""
    wanted = (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds + 1),
        (resource.RLIMIT_FSIZE, _FILES),
        (resource.RLIMIT_AS, megabytes << 20),
    )
    for what, most in wanted:
        hard = resource.getrlimit(what)[1]
        granted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(what, (granted, granted))
        except (OSError, ValueError):  # macOS has no limit of memory
            continue


def main(arguments: list[str]) -> int:
    """Gives 126 where the command cannot be started."""
    mode, seconds, megabytes, *command = arguments
    limit(int(seconds), int(megabytes))
    if mode == "run":
        try:
            os.execv(command[0], command)
        except OSError:
            return 126
    told = json.loads(sys.stdin.buffer.readline())
    token = told.pop("token")
    # The line of the answer goes out by a way of its own; what is printed goes nowhere.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    sys.path.insert(0, os.getcwd())  # noqa: PTH109  # pathlib takes its time
    try:
        said = _function(told) if mode == "function" else _tests(told)
    except BaseException as error:  # also SystemExit: it is the user's code that ends, and not the check
        said = {"value": None, "why": _words(error)}
    try:
        line = json.dumps(said)
    except (TypeError, ValueError, RecursionError):
        line = json.dumps({"value": None, "why": "What it gave is no JSON."})
    out.write(f"{token}{line}\n")
    out.flush()
    os._exit(0)


def _function(told: dict[str, Any]) -> Any:
    module = _module("check", told["source"])
    function = getattr(module, told["name"], None)
    if not callable(function):
        return {"value": None, "why": f"There is no function {told['name']}."}
    said = function(told["given"])
    if isinstance(said, tuple) and len(said) == 2:
        return {"value": said[0], "why": said[1]}
    return said if isinstance(said, dict) else {"value": said}


def _tests(told: dict[str, Any]) -> Any:
    import unittest

    with open("answer.py", "w", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        file.write(told["given"])
    try:
        module = _module("test_answer", told["source"])
    except BaseException as error:
        return {"value": False, "why": f"The code cannot be taken in: {_words(error)}"}
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    for name, function in list(vars(module).items()):
        if name.startswith("test") and callable(function) and not isinstance(function, type):
            suite.addTest(unittest.FunctionTestCase(function, description=name))
    result = unittest.TestResult()
    count = suite.countTestCases()
    if not count:
        return {"value": None, "why": "There are no tests."}
    suite.run(result)
    broken = [*result.failures, *result.errors]
    broken_count = len(broken) + len(result.unexpectedSuccesses)
    if result.testsRun == len(result.skipped):
        return {"value": None, "why": "All tests were skipped."}
    if not broken_count:
        return {"value": True}
    lines = broken[0][1].strip().splitlines() if broken else [""]
    return {"value": False, "why": f"{broken_count} of {count} tests fail: {lines[-1][:200]}"}


def _module(name: str, source: str) -> Any:
    import types

    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, f"{name}.py", "exec"), module.__dict__)
    return module


def _words(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:200]
    except Exception:
        return type(error).__name__


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
