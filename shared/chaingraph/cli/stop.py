"""`chaingraph stop`: an execution of a running system."""

from argparse import ArgumentParser, Namespace

from chaingraph.cli.command import Command
from chaingraph.cli.commanding import add_execution_arguments, add_reason_argument, reason_given, tell


def _add_arguments(parser: ArgumentParser) -> None:
    add_execution_arguments(parser)
    add_reason_argument(parser)


def _run(arguments: Namespace) -> int:
    return tell("stop", reason_given(arguments), arguments)


COMMAND = Command(_add_arguments, _run)
