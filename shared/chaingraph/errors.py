"""Errors, named by what the caller should do next."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input: `path` names the offending part."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ChaingraphError(Exception):
    """What every error raised on purpose has in common: a message for the caller."""

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = tuple(problems)


class Rejected(ChaingraphError):
    """The input is wrong: correct it."""


class WrongStatus(Rejected):
    """The execution is not in a status that allows this: read its status first."""


class Unauthorized(ChaingraphError):
    """The caller is not known: send a valid token."""


class Forbidden(ChaingraphError):
    """The caller is known and may not do this: ask the owner."""


class NotFound(ChaingraphError):
    """There is no such thing: check the id."""


class Conflict(ChaingraphError):
    """Somebody else was first: read again, then decide."""


class TooLarge(ChaingraphError):
    """The input is over a size limit: send less."""


class TooManyRequests(ChaingraphError):
    """A rate or number limit is reached: wait, then repeat."""


class Unavailable(ChaingraphError):
    """A part of the system does not answer: repeat the same call later."""


def rejected(problems: Iterable[Problem]) -> Rejected:
    """One refusal that lists every problem."""
    found = tuple(problems)
    return Rejected("; ".join(str(problem) for problem in found), found)
