"""`chaingraph watch`: an execution of a running system."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from chaingraph.cli.api import Api
from chaingraph.cli.command import Command
from chaingraph.cli.displays import add_display_arguments, snapshot_of
from chaingraph.cli.endpoint import add_server_arguments, endpoint_of
from chaingraph.cli.following import Stream
from chaingraph.cli.watching import watch
from chaingraph.errors import Forbidden, NotFound
from chaingraph.graph.json_types import JsonObject, object_of


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("execution", metavar="ID", help="of the execution; its children are shown, too")
    parser.add_argument(
        "--from-index", type=_index, default=0, metavar="N", help="begin with this event (default: the first)"
    )
    add_display_arguments(parser)
    add_server_arguments(parser)


def _run(arguments: Namespace) -> int:
    snapshot_of(arguments)
    api = Api(endpoint_of(arguments))
    execution = api.get("executions", arguments.execution)
    stream = Stream(arguments.execution, arguments.from_index)
    return watch(stream, _document(str(execution["flowId"]), api), api, arguments)


def _document(flow_id: str, api: Api) -> JsonObject:
    """The flow as it is now: good for titles. One that is gone has none."""
    try:
        return object_of(api.get("flows", flow_id).get("document"))
    except (NotFound, Forbidden):
        return {}


def _index(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ArgumentTypeError("must not be negative")
    return number


COMMAND = Command(_add_arguments, _run)
