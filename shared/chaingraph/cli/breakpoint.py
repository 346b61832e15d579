"""`chaingraph breakpoint`: a node of an execution of a running system."""

from argparse import ArgumentParser, Namespace

from chaingraph.cli.api import Api
from chaingraph.cli.command import OK, Command
from chaingraph.cli.commanding import add_execution_arguments
from chaingraph.cli.endpoint import endpoint_of


def _add_arguments(parser: ArgumentParser) -> None:
    add_execution_arguments(parser)
    parser.add_argument("node", metavar="NODE", help="the id of the node to pause before")
    parser.add_argument("--remove", action="store_true", help="do not pause there any more")


def _run(arguments: Namespace) -> int:
    api, place = Api(endpoint_of(arguments)), ("executions", arguments.execution, "breakpoints")
    if arguments.remove:
        api.delete(*place, arguments.node)
    else:
        api.put(*place, arguments.node)
    print(f"breakpoint {'removed' if arguments.remove else 'set'}: {arguments.node}")
    return OK


COMMAND = Command(_add_arguments, _run)
