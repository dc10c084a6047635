"""The command line: one module a command group, loaded when it is asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from reviewer import __version__
from reviewer.cli.options import home_option
from reviewer.errors import ReviewerError, WrongUsage

# Command: its module, and the line that `reviewer --help` shows without loading it.
_COMMANDS = {
    "demo": ("demo", "Opens the workstation on sample data, in a home of its own."),
    "rate": ("rate", "Rates a queue: the workstation, or --plain."),
    "import": ("importing", "Reads items into a queue."),
    "labels": ("labels", "Exports, imports and lists labels."),
    "queue": ("queue", "Lists, shows and changes queues."),
    "round": ("round", "Runs calibration rounds: blind, revealed, discussed, certified."),
    "rubric": ("rubric", "Checks, shows and compares rubrics."),
    "agreement": ("agreement", "Measures how far raters agree, with intervals."),
    "raters": ("raters", "Shows how raters do over time: gold, severity, drift, pace."),
    "adjudicate": ("adjudicate", "Decides disputed tasks: by a person, or by consensus."),
    "check": ("check", "Examines all outputs of a queue with automated checks."),
    "judge": ("judge", "Asks LLM judges, and says how far they are to be trusted."),
    "jury": ("jury", "Fuses judges into one answer, and says what each adds."),
    "select": ("select", "Draws what experts should see: conflicts, doubt, risk, and a share by lot."),
    "estimate": ("estimate", "Estimates means over a whole queue from few labels and a judge."),
    "rank": ("rank", "Ranks systems by votes, with intervals."),
    "serve": ("serve", "Serves the store to a team: queues, leases, labels."),
    "user": ("user", "Adds, lists and revokes who may use the server."),
    "remote": ("remote", "Adds, lists and removes the servers that this device works for."),
    "progress": ("progress", "Shows how far a team is in a queue."),
    "pull": ("pull", "Fetches tasks of a server's queues, to work on anywhere."),
    "push": ("push", "Sends labels to the server."),
    "sync": ("sync", "Pushes, hears what changed, and pulls."),
    "pack": ("pack", "Takes tasks and labels along as signed files, without a network."),
    "audit": ("audit", "Verifies and shows the event log."),
    "store": ("store", "Backs up and upgrades the store."),
    "doctor": ("doctor", "Examines the store and the terminal, and says what to do."),
    "keymap": ("keymap", "Lists, shows and checks keymaps."),
}
_KILLED_BY_A_PIPE = 141
"""What a shell says of a program whose reader has gone: 128 + SIGPIPE."""

_ATTRIBUTES = {"import": "import_", "round": "round_"}


class _ReaderGone(Exception):
    """Whoever read what is printed has gone, as `head` does once it has enough."""


@contextmanager
def _printing() -> Iterator[None]:
    """Notices a closed pipe before click does, which would call it a failure."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise _ReaderGone from error


class _LazyGroup(click.Group):
    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        with _printing():
            return super().make_context(*arguments, **more)

    def invoke(self, context: click.Context) -> Any:
        with _printing():
            return super().invoke(context)

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = _module(f"reviewer.cli.{_COMMANDS[name][0]}")
        if module is None:
            return None
        command: click.Command = getattr(module, _ATTRIBUTES.get(name, name))
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


def _module(name: str) -> ModuleType | None:
    """The module of a command; None where this installation lacks it."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


@click.group(
    cls=_LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Begin with `reviewer demo`.",
)
@click.version_option(__version__, prog_name="reviewer")
@home_option
@click.pass_context
def program(context: click.Context, home: Path | None) -> None:
    """The terminal workstation where experts judge the output of language models.

    Without a command it opens the workstation on the queues that there are.
    """
    context.ensure_object(dict)["home"] = home
    if context.invoked_subcommand is None:
        from reviewer.cli.rate import workstation

        workstation(home)


def main(arguments: list[str] | None = None) -> None:
    """Runs the program and ends the process with the house's exit codes."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Runs the program and returns its exit code; troubles are told on standard error in one sentence."""
    try:
        _refuse_what_is_no_text(sys.argv[1:] if arguments is None else arguments)
        returned = program.main(args=arguments, prog_name="reviewer", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Interrupted.", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except ReviewerError as error:
        from reviewer.cli.options import plainly

        click.echo(f"reviewer: {plainly(str(error))}", err=True)
        return error.exit_code
    except _ReaderGone:
        _silence_standard_output()
        return _KILLED_BY_A_PIPE
    except Exception as error:  # a defect: one sentence for the person, the traceback for the log
        from reviewer.cli.log import write_traceback

        where = write_traceback(error)
        click.echo(f"reviewer: this is a defect ({type(error).__name__}). {where}", err=True)
        return 70
    return returned if isinstance(returned, int) else 0


def _refuse_what_is_no_text(arguments: list[str]) -> None:
    """Raises WrongUsage for an argument that is no UTF-8, unless it is the path of something that is there."""
    for argument in arguments:
        if argument.isascii() or _is_text(argument) or Path(argument.partition("=")[2] or argument).exists():
            continue
        raise WrongUsage(
            f"the argument '{_written(argument)}' is no UTF-8 text.",
            mend="Names are UTF-8: set the terminal to it, and write the name again.",
        )


def _written(argument: str) -> str:
    return " ".join(os.fsencode(argument).decode(errors="backslashreplace").split())


def _is_text(argument: str) -> bool:
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _silence_standard_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
