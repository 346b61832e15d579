"""`chaingraph examples`: flows to begin with."""

from argparse import ArgumentParser, Namespace

import orjson

from chaingraph.cli.command import OK, Command
from chaingraph.cli.examples import example_names, read_example
from chaingraph.cli.flow_argument import read_named_example
from chaingraph.cli.listing import print_listing
from chaingraph.graph.json_types import object_of


def _add_arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="show NAME")
    show = actions.add_parser("show", help="print the flow document of an example")
    show.add_argument("name", metavar="NAME")
    parser.set_defaults(name=None)


def _run(arguments: Namespace) -> int:
    if arguments.name is None:
        print_listing(("name", "what it does"), ((name, _purpose(name)) for name in example_names()))
    else:
        print(read_named_example(arguments.name).decode(), end="")
    return OK


def _purpose(name: str) -> str:
    metadata = object_of(object_of(orjson.loads(read_example(name))).get("metadata"))
    return str(metadata.get("description") or metadata.get("name"))


COMMAND = Command(_add_arguments, _run)
