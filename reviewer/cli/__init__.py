"""The command line: one module a command group, loaded when it is asked for."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click

from reviewer import __version__
from reviewer.cli.options import home_option
from reviewer.errors import ReviewerError

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
    "rank": ("rank", "Ranks systems by votes, with intervals."),
    "serve": ("serve", "Serves the store to a team: queues, leases, labels."),
    "user": ("user", "Adds, lists and revokes who may use the server."),
    "remote": ("remote", "Adds, lists and removes the servers that this device works for."),
    "pull": ("pull", "Fetches tasks of a server's queues, to work on anywhere."),
    "push": ("push", "Sends labels to the server."),
    "sync": ("sync", "Pushes, hears what changed, and pulls."),
    "pack": ("pack", "Takes tasks and labels along as signed files, without a network."),
    "audit": ("audit", "Verifies and shows the event log."),
    "store": ("store", "Backs up and upgrades the store."),
    "doctor": ("doctor", "Examines the store and the terminal, and says what to do."),
    "keymap": ("keymap", "Lists, shows and checks keymaps."),
}
_ATTRIBUTES = {"import": "import_", "round": "round_"}


class _LazyGroup(click.Group):
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
    except BrokenPipeError:
        _silence_standard_output()
        return 0
    except Exception as error:  # a defect: one sentence for the person, the traceback for the log
        from reviewer.cli.log import write_traceback

        where = write_traceback(error)
        click.echo(f"reviewer: this is a defect ({type(error).__name__}). {where}", err=True)
        return 70
    return returned if isinstance(returned, int) else 0


def _silence_standard_output() -> None:
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
