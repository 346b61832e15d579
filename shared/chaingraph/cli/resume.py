"""`chaingraph resume`: a paused execution of a running system."""

from argparse import Namespace

from chaingraph.cli.command import Command
from chaingraph.cli.commanding import add_execution_arguments, tell


def _run(arguments: Namespace) -> int:
    return tell("resume", {}, arguments)


COMMAND = Command(add_execution_arguments, _run)
