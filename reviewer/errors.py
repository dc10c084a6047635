"""What can go wrong that a person can mend, and the exit code that says so to a program."""

from __future__ import annotations

from typing import ClassVar


class ReviewerError(Exception):
    """A trouble told in one clear sentence, with the mend; everything else is a defect.

    `what` names the thing at fault, `mend` says what to do about it, `where` is a file and line, or a name.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, what: str, *, mend: str = "", where: str = "") -> None:
        self.what = what
        self.mend = mend
        self.where = where
        super().__init__(what)

    @property
    def sentence(self) -> str:
        """What is wrong and how to mend it, for a line that is too short for a path."""
        return f"{self.what} {self.mend}" if self.mend else self.what

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}" if self.where else self.sentence


class CheckFailed(ReviewerError):
    """What was examined does not hold."""

    exit_code = 1


class WrongUsage(ReviewerError):
    """The command was asked for something that makes no sense."""

    exit_code = 2


class BadInput(ReviewerError):
    """A file, a store or a value cannot be read as what it should be."""

    exit_code = 3


class RemoteFailed(ReviewerError):
    """A server, or the way to it, failed."""

    exit_code = 4
