"""The program `chaingraph`."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Final

from chaingraph.cli import token
from chaingraph.cli.command import FAILED, Command
from chaingraph.errors import ChaingraphError

COMMANDS: Final[Sequence[Command]] = (token.COMMAND,)


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code; wrong usage ends the program with 2."""
    given = _parser().parse_args(arguments)
    command: Command = given.command
    try:
        return command.run(given)
    except ChaingraphError as error:
        print(f"chaingraph: {error}", file=sys.stderr)
        return FAILED


def _parser() -> ArgumentParser:
    parser = ArgumentParser("chaingraph", description="Runs visual flows and watches them live.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        added = commands.add_parser(command.name, help=command.summary, description=command.summary)
        command.add_arguments(added)
        added.set_defaults(command=command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
