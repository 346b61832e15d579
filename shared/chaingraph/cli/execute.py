"""`chaingraph execute`: a flow through a running system."""

from argparse import ArgumentParser, Namespace

import orjson

from chaingraph.cli.api import Api
from chaingraph.cli.command import Command
from chaingraph.cli.displays import add_display_arguments, snapshot_of
from chaingraph.cli.endpoint import add_server_arguments, endpoint_of
from chaingraph.cli.event_argument import add_event_arguments, event_given
from chaingraph.cli.executing import new_execution
from chaingraph.cli.flow_argument import add_flow_argument, read_flow_argument
from chaingraph.cli.watching import watch


def _add_arguments(parser: ArgumentParser) -> None:
    add_flow_argument(parser)
    add_event_arguments(parser)
    parser.add_argument(
        "--breakpoint",
        action="append",
        default=[],
        dest="breakpoints",
        metavar="NODE",
        help="pause before this node (its id); may be given more than once",
    )
    add_display_arguments(parser)
    add_server_arguments(parser)


def _run(arguments: Namespace) -> int:
    snapshot_of(arguments)  # wrong usage is told before anything is stored
    event, document = event_given(arguments), read_flow_argument(arguments.flow)
    api = Api(endpoint_of(arguments))
    stream = new_execution(document, event, arguments.breakpoints, api)
    return watch(stream, orjson.loads(document), api, arguments)


COMMAND = Command(_add_arguments, _run)
