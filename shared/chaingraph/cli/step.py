"""`chaingraph step`: a paused execution of a running system."""

from argparse import ArgumentParser, Namespace

from chaingraph.cli.command import Command
from chaingraph.cli.commanding import add_execution_arguments, tell


def _add_arguments(parser: ArgumentParser) -> None:
    add_execution_arguments(parser)
    parser.add_argument("--over", action="store_true", help="run one node instead of all that are ready")


def _run(arguments: Namespace) -> int:
    return tell("step", {"mode": "node" if arguments.over else "wave"}, arguments)


COMMAND = Command(_add_arguments, _run)
