"""The program `chaingraph`."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from chaingraph.cli.command import FAILED, INTERRUPTED, WRONG_USAGE, Command, WrongUsage
from chaingraph.errors import ChaingraphError


@dataclass(frozen=True, slots=True)
class Entry:
    """A command before its module is imported: help must not wait for what only some commands need."""

    module: str
    summary: str

    def command(self) -> Command:
        return import_module(f"chaingraph.cli.{self.module}").COMMAND


COMMANDS: Final[Mapping[str, Entry]] = {
    "run": Entry("run", "run a flow here, without a system, and watch it"),
    "validate": Entry("validate", "list everything that is wrong with a flow"),
    "nodes": Entry("nodes", "list the node types, or write a package with a new one"),
    "examples": Entry("show_examples", "list the example flows, or print one"),
    "execute": Entry("execute", "run a flow through a running system and watch it"),
    "watch": Entry("watch", "watch an execution of a running system"),
    "flows": Entry("flows", "list the flows of a running system"),
    "executions": Entry("executions", "list the executions of a running system"),
    "pause": Entry("pause", "pause an execution and its children before their next nodes"),
    "resume": Entry("resume", "let a paused execution and its children go on"),
    "step": Entry("step", "let a paused execution run a little, and pause again"),
    "breakpoint": Entry("breakpoint", "pause an execution before a node"),
    "stop": Entry("stop", "stop an execution and its children for good"),
    "token": Entry("token", "print a token for the system on this machine"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code; wrong usage ends the program with 2."""
    given = sys.argv[1:] if arguments is None else arguments
    name = given[0] if given else ""
    if name not in COMMANDS:
        _parser().parse_args(given)  # prints the help or what is wrong, and exits
        return WRONG_USAGE
    try:
        return _run(name, given[1:])
    except ModuleNotFoundError as error:
        return _ended(FAILED, f"`chaingraph {name}` needs the package {error.name}, which is not installed")
    except WrongUsage as error:
        return _ended(WRONG_USAGE, str(error))
    except ChaingraphError as error:
        return _ended(FAILED, _in_one_line(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read has gone. What is still buffered must not be written when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _run(name: str, arguments: Sequence[str]) -> int:
    entry = COMMANDS[name]
    command = entry.command()
    parser = ArgumentParser(f"chaingraph {name}", description=_sentence(entry.summary), allow_abbrev=False)
    command.add_arguments(parser)
    code = command.run(parser.parse_args(arguments))
    sys.stdout.flush()
    return code


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        "chaingraph",
        description="Runs visual flows and watches them live.",
        epilog="`chaingraph COMMAND --help` describes a command.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, entry in COMMANDS.items():
        commands.add_parser(name, help=entry.summary)
    return parser


def _sentence(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}."


def _ended(code: int, message: str) -> int:
    print(f"chaingraph: {message}", file=sys.stderr)
    return code


def _in_one_line(error: ChaingraphError) -> str:
    if len(error.problems) > 1:
        return f"{error.problems[0]} (and {len(error.problems) - 1} more problems)"
    return " ".join(error.message.split())


if __name__ == "__main__":
    sys.exit(main())
