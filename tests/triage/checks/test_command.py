"""A user's own code as a check, and what it may take."""

from __future__ import annotations

import json
import os
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from reviewer.errors import BadInput
from reviewer.triage import checking
from reviewer.triage.checks import CheckSet, Finding, Passage, Subject, load_checks, made_of
from reviewer.triage.checks.config import types
from tests.homes import filled, item

SUBJECT = Subject("The fee is 20.\ud800", "Fee?", (Passage("Fees", "20"),), "20")


def of_run(code: str, **options: Any) -> CheckSet:
    table = {"type": "command", "id": "own", "run": [sys.executable, "-c", textwrap.dedent(code)], **options}
    return made_of({"name": "x", "check": [table]}, allow_commands=True)


def said(checks: CheckSet, subject: Subject = SUBJECT) -> Finding:
    return checks.examine(subject)["own"]


def of_file(folder: Path, kind: str, source: str, name: str = "", **options: Any) -> CheckSet:
    (folder / "own.py").write_text(textwrap.dedent(source), encoding="utf-8")
    lines = [f"{key} = {json.dumps(value)}" for key, value in options.items()]
    text = f'name = "x"\n[[check]]\ntype = "command"\nid = "own"\n{kind} = "own.py{name}"\n' + "\n".join(lines)
    (folder / "checks.toml").write_text(text, encoding="utf-8")
    return load_checks(folder / "checks.toml", allow_commands=True)


def alive(marker: str) -> list[str]:
    """The processes whose command line has the marker."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if marker.encode() in line and state != "Z" and int(folder.name) != os.getpid():
            found.append(folder.name)
    return found


def test_nothing_is_run_that_was_not_allowed(tmp_path: Path) -> None:
    path = tmp_path / "checks.toml"
    path.write_text('name = "x"\n[[check]]\ntype = "command"\nrun = ["true"]\n', encoding="utf-8")
    with pytest.raises(BadInput, match="it runs programs") as caught:
        load_checks(path)
    assert "--allow-commands" in caught.value.mend
    made = load_checks(path, allow_commands=True)
    assert made.allows_commands
    with pytest.raises(BadInput, match="it runs programs"):
        made_of(made.document)
    assert types()["command"].startswith("Whether")


@pytest.mark.parametrize(
    ("code", "value", "why"),
    [
        ("pass", True, ""),
        ("raise SystemExit(1)", False, "does not hold"),
        ("raise SystemExit(2)", None, "ended with 2"),
        ("import os; os.abort()", None, "ended with -6"),
        ("""print('{"value": false, "why": "no \\\\u001b[31m fee"}')""", False, "no  [31m fee"),
        ("""print('noise'); print('{"value": null}')""", None, "no value"),
        ("""print('{"value": 3}')""", None, "no true or false"),
        ("print('{'*30000); print('{\"a\":')", None, "is no JSON"),
        ("print('x' * 70_000)", None, "more than 64 KB"),
        ("import sys; sys.stdout.buffer.write(b'\\xff' * 100)", True, ""),
        ("import sys; print('x' * 10**6, file=sys.stderr)", True, ""),
    ],
)
def test_a_command_says_it_by_its_code_or_in_json(code: str, value: bool | None, why: str) -> None:
    found = said(of_run(code))
    assert found.value is value
    assert why in found.why
    assert found.why.isprintable()


def test_a_command_is_given_the_output_and_little_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEWER_SECRET", "x")
    place = tmp_path / "given.json"
    code = f"""
        import json, os, sys
        told = json.loads(sys.stdin.readline())
        json.dump([told, dict(os.environ), sys.stdin.read()], open({str(place)!r}, "w"))
    """
    assert said(of_run(code)).value is True
    told, environment, rest = json.loads(place.read_text())
    assert told["output"] == SUBJECT.output
    assert (told["prompt"], told["reference"]) == ("Fee?", "20")
    assert told["context"] == [{"title": "Fees", "text": "20"}]
    assert set(environment) <= {"PATH", "LANG", "LC_CTYPE"}
    assert rest == ""


def test_a_large_output_that_nobody_reads_holds_nothing_up() -> None:
    assert said(of_run("pass"), Subject("x" * 5_000_000)).value is True


def test_figures_of_a_command() -> None:
    assert said(of_run("""print('{"value": 0.25}')""", gives="number")).value == 0.25
    for wrong in ('{"value": true}', '{"value": NaN}', '{"value": 1e999}', '{"value": "1"}', "7", ""):
        found = said(of_run(f"print({wrong!r})", gives="number"))
        assert found.value is None
        assert found.why
    made = of_run("print(1)", gives="number")
    assert made.rubric["criteria"][0]["type"] == "number"


def test_one_that_takes_too_long_is_ended_with_all_that_it_started() -> None:
    marker = f"reviewer-child-{os.getpid()}-{time.monotonic_ns()}"
    code = f"""
        import subprocess, sys
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", {marker!r}])
        print("started", flush=True)
        import time; time.sleep(600)
    """
    found = said(of_run(code, seconds=2))
    assert (found.value, found.why) == (None, "It took too long.")
    _is_gone(marker)


def test_what_a_command_leaves_behind_is_ended_and_not_waited_for() -> None:
    marker = f"reviewer-left-{os.getpid()}-{time.monotonic_ns()}"
    code = f"""
        import subprocess, sys
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", {marker!r}])
        print('{{"value": false}}', flush=True)
    """
    assert said(of_run(code, seconds=300)).value is False
    _is_gone(marker)


def _is_gone(marker: str) -> None:
    """A killed process leaves the table when its new parent has taken note."""
    until = time.monotonic() + 20
    while alive(marker):
        assert time.monotonic() < until


def test_memory_files_and_the_processor_have_limits(tmp_path: Path) -> None:
    assert said(of_run("x = bytearray(900 << 20)")).value is False  # Python's own exit code for MemoryError
    large = tmp_path / "large"
    code = f"open({str(large)!r}, 'wb').write(bytes(64 << 20))"
    assert said(of_run(code)).value is not True
    assert large.stat().st_size <= 16 << 20
    limits = "import resource as r; print(r.getrlimit(r.RLIMIT_CORE), r.getrlimit(r.RLIMIT_CPU)); "
    limits += "assert r.getrlimit(r.RLIMIT_CORE)[0] == 0 and r.getrlimit(r.RLIMIT_CPU)[0] == 4"
    assert said(of_run(limits, seconds=2.5)).value is True


@pytest.mark.parametrize(
    ("body", "value", "why"),
    [
        ("return 'fee' in given['output']", True, ""),
        ("return False, 'no such fee'", False, "no such fee"),
        ("return {'value': None, 'why': 'cannot say'}", None, "cannot say"),
        ("return None", None, "no value"),
        ("print('{\"value\": true}'); return given['reference'] == '21'", False, ""),
        ("raise ValueError('no\\n way')", None, "ValueError: no"),
        ("raise SystemExit(0)", None, "SystemExit"),
        ("import os; os._exit(0)", None, "ended before"),
        ("return object()", None, "no JSON"),
        ("return [1]", None, "no true or false"),
        ("while True: pass", None, "too long"),
        ("return def", None, "SyntaxError"),
    ],
)
def test_a_function_of_a_file(tmp_path: Path, body: str, value: bool | None, why: str) -> None:
    found = said(of_file(tmp_path, "python", f"def holds(given):\n    {body}\n", ":holds", seconds=3))
    assert found.value is value
    assert why in found.why


def test_the_file_is_a_part_of_the_set(tmp_path: Path) -> None:
    made = of_file(tmp_path, "python", "def holds(given):\n    return True\n", ":holds")
    again = made_of(made.document, allow_commands=True)
    (tmp_path / "own.py").unlink()
    assert said(again).value is True
    assert again.version == made.version
    assert of_file(tmp_path, "python", "def holds(given):\n    return 1 > 0\n", ":holds").version != made.version
    script = tmp_path / "check.sh"
    versions = []
    for code in (0, 1):
        script.write_text(f"#!/bin/sh\nexit {code}\n")
        script.chmod(0o755)
        (tmp_path / "checks.toml").write_text(
            f'name = "x"\n[[check]]\ntype = "command"\nid = "own"\nrun = ["{script}"]\n'
        )
        made = load_checks(tmp_path / "checks.toml", allow_commands=True)
        versions.append(made.version)
        assert said(made).value is (code == 0)
    assert versions[0] != versions[1]


TESTS = """
    import unittest
    from answer import twice

    def test_of_two():
        assert twice(2) == 4

    class More(unittest.TestCase):
        def test_of_a_text(self):
            self.assertEqual(twice("a"), "aa")
"""


@pytest.mark.parametrize(
    ("output", "value", "why"),
    [
        ("So:\n```python\ndef twice(x):\n    return x + x\n```\nDone.", True, ""),
        ("```py\nimport math\n```\nand\n```\ndef twice(x):\n    return 2 * x\n```", True, ""),
        ("```python\ndef twice(x):\n    return x ** 2\n```", False, "1 of 2 tests fail: TypeError"),
        ("```python\ndef twice(x):\n    return 5\n```", False, "2 of 2 tests fail"),
        ("```python\ndef thrice(x):\n    return 5\n```", False, "ImportError"),
        ("```python\ndef twice(x) return\n```", False, "SyntaxError"),
        ("```python\nimport os\nprint('{\"value\": true}', flush=True)\nos._exit(0)\n```", False, "ended before"),
        ("```python\nimport sys\nsys.exit(0)\n```", False, "SystemExit"),
        ("```python\nwhile True: pass\n```", None, "too long"),
        ("```js\nlet twice = 2\n```", False, "no block of code"),
        ("def twice(x): return x + x", False, "no block of code"),
        ("```python\nx = '\ud800'\ndef twice(x): return 2 * x\n```", True, ""),
    ],
)
def test_unit_tests_against_the_code_of_the_output(tmp_path: Path, output: str, value: bool | None, why: str) -> None:
    found = said(of_file(tmp_path, "unit_tests", TESTS, seconds=3), Subject(output))
    assert found.value is value
    assert why in found.why
    assert all(output[span.start : span.end] for span in found.evidence)


def test_a_file_without_tests_says_nothing(tmp_path: Path) -> None:
    assert said(of_file(tmp_path, "unit_tests", "x = 1"), Subject("```\nx = 1\n```")).why == "There are no tests."


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"run": []},
        {"run": ["no-such-program-here"]},
        {"run": ["true\0"]},
        {"run": ["true"], "python": "a.py:f"},
        {"run": ["true"], "seconds": 0},
        {"run": ["true"], "seconds": 1e9},
        {"run": ["true"], "memory_mb": 1},
        {"run": ["true"], "gives": "text"},
        {"python": "a.py:f"},
        {"python": "a.py:1", "source": ""},
        {"unit_tests": "a.py", "source": "", "gives": "number"},
        {"run": ["true"], "shell": True},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        made_of({"name": "x", "check": [{"type": "command", **options}]}, allow_commands=True)
    assert caught.value.mend


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "checks.toml").write_text('name = "x"\n[[check]]\ntype = "command"\nunit_tests = "nope.py"\n')
    with pytest.raises(BadInput, match="there is no file"):
        load_checks(tmp_path / "checks.toml", allow_commands=True)


def test_processes_are_allowed_what_their_set_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_WORTH_PROCESSES", 2)
    store = filled(tmp_path / "home", [item(number) for number in range(4)], queue="kyc")
    done = checking.check_queue(store, "kyc", of_run("pass"), "lead", processes=2)
    assert done.by_check["own"] == {"true": 4}
