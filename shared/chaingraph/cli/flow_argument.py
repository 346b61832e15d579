"""The flow that a command is about: from a file, from the standard input, or an example."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Final

from chaingraph.cli.examples import example_names, read_example
from chaingraph.errors import NotFound, Rejected

STANDARD_INPUT: Final = "-"
EXAMPLE: Final = "example:"


def add_flow_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "flow",
        metavar="FLOW.json",
        help="a flow document; `-` is the standard input, `example:NAME` one of `chaingraph examples`",
    )


def read_flow_argument(argument: str) -> bytes:
    """The document. Raises NotFound, and Rejected for a file that cannot be read."""
    if argument.startswith(EXAMPLE):
        return read_named_example(argument.removeprefix(EXAMPLE))
    if argument == STANDARD_INPUT:
        return sys.stdin.buffer.read()
    try:
        return Path(argument).read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {argument}") from error
    except (OSError, ValueError) as error:
        raise Rejected(f"{argument} cannot be read: {_reason(error)}") from error


def read_named_example(name: str) -> bytes:
    """Raises NotFound with the names that there are."""
    if name not in example_names():
        raise NotFound(f"there is no example {name!r}; there are {', '.join(example_names())}")
    return read_example(name)


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
