"""The commands of plain mode, and how a line names one."""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.errors import BadInput


@dataclass(frozen=True, slots=True)
class Command:
    """A command by its name; `usage` is what follows the name, `help` one sentence."""

    name: str
    usage: str
    help: str


COMMANDS = {
    command.name: command
    for command in (
        Command("help", "", "Says the commands."),
        Command("submit", "", "Submits the label and goes to the next open item."),
        Command("skip", "REASON", "Leaves the item to others, with a reason."),
        Command("abstain", "REASON", "Records that you cannot judge the item, with a reason."),
        Command("flag", "", "Flags the item, or takes the flag away."),
        Command("note", "TEXT", "Writes a note to the lead."),
        Command(
            "rationale", "[CRITERION:] TEXT", "Writes why; without a text, several lines that end with a dot alone."
        ),
        Command("overall", "TEXT", "Writes the rationale of the whole label; without a text, several lines."),
        Command(
            "correct",
            "[OUTPUT]",
            "Writes a corrected output: several lines that end with a dot alone. In a comparison, say which: left,"
            " right or its number.",
        ),
        Command("diff", "[N M] [FROM]", "Says the words that differ between two outputs of a comparison."),
        Command("drop", "", "Takes the output that was ranked last out of the ranking."),
        Command("text", "", "Answers a text question with several lines that end with a dot alone."),
        Command("reasons", "[N …]", "Says the quick reasons; with numbers, gives them or takes them back."),
        Command("levels", "[VALUE]", "Says what the answers mean, with annotated examples."),
        Command("clear", "", "Takes back the answer to this question, and its rationale."),
        Command("back", "", "Goes back one question; from the first one, to the item before."),
        Command("next", "", "Goes to the next item, submitting nothing."),
        Command("previous", "", "Goes to the item before, submitting nothing."),
        Command("go", "N", "Goes to item N."),
        Command("undo", "", "Opens the label submitted last for change; again, the one before it."),
        Command(
            "read",
            "[PART]",
            "Reads again: prompt, context, context N, output, output N, left, right, reference, answers or all.",
        ),
        Command("find", "WORDS", "Finds words in this item."),
        Command("search", "WORDS", "Finds words in the items of the queue."),
        Command("list", "[STATE] [N]", "Lists items from the Nth: all, open, submitted, skipped, flagged, draft …"),
        Command("progress", "", "Says how far you are."),
        Command("instructions", "", "Says the instructions of the queue."),
        Command("rubric", "", "Moves this label under the rubric that is in force now."),
        Command("take", "", "Takes the item back from another terminal of yours."),
        Command("sync", "", "Sends labels to the server and hears its news, now."),
        Command("pause", "", "Stops the clock until the next line."),
        Command("quit", "", "Keeps what is open and leaves."),
    )
}


def by_colon(line: str) -> tuple[str, str] | None:
    """Command and argument of a line that begins with a colon; None for any other line.

    The beginning of a name is enough where it fits one command. Raises BadInput where it fits none, or several.
    """
    if not line.startswith(":"):
        return None
    word, _, rest = line[1:].strip().partition(" ")
    word = word.lower()
    if word in COMMANDS:
        return word, rest.strip()
    fitting = [name for name in COMMANDS if word and name.startswith(word)]
    if len(fitting) == 1:
        return fitting[0], rest.strip()
    if fitting:
        raise BadInput(f":{word} may be {' or '.join(f':{name}' for name in fitting)}.", mend="Write a letter more.")
    raise BadInput(f"there is no command :{word[:40]}.", mend=_closest(word) or ":help says the commands.")


def by_word(line: str) -> tuple[str, str] | None:
    """Command and argument of a line that begins with a command's whole name, without a colon."""
    word, _, rest = line.strip().partition(" ")
    word = word.lower()
    return (word, rest.strip()) if word in COMMANDS else None


def is_doubtful(line: str) -> bool:
    """Whether a line of free text is no more than a command's name, and so perhaps meant as one."""
    return line in COMMANDS


def _closest(word: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word[:40], COMMANDS, n=1)
    return f"Did you mean :{near[0]}?" if near else ""
