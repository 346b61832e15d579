"""What the commands that tell an execution to do something have in common."""

from argparse import ArgumentParser, Namespace

import orjson

from chaingraph.cli.api import Api
from chaingraph.cli.command import OK
from chaingraph.cli.endpoint import add_server_arguments, endpoint_of


def add_execution_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("execution", metavar="ID", help="of the execution")
    add_server_arguments(parser)


def add_reason_argument(parser: ArgumentParser) -> None:
    parser.add_argument("--reason", help="shown to everybody who watches")


def tell(procedure: str, asked: dict[str, object], arguments: Namespace) -> int:
    """The system has taken the command when this returns; the execution obeys at its next node."""
    api = Api(endpoint_of(arguments))
    api.post("executions", arguments.execution, procedure, body=orjson.dumps(asked))
    print(f"{procedure} requested: {arguments.execution}")
    return OK


def reason_given(arguments: Namespace) -> dict[str, object]:
    return {} if arguments.reason is None else {"reason": arguments.reason}
