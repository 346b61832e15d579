"""What a command is to the program."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

OK: Final = 0
FAILED: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Command:
    """`run` returns the exit code; a `ChaingraphError` that it raises is printed and ends with 1."""

    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]


class WrongUsage(Exception):
    """Arguments that do not go together: printed, and ends with 2."""
