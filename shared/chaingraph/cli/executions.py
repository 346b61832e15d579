"""`chaingraph executions`: what a running system has executed."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable

from chaingraph.cli.api import Api
from chaingraph.cli.command import OK, Command
from chaingraph.cli.endpoint import add_server_arguments, endpoint_of
from chaingraph.cli.listing import add_limit_argument, print_listing, shown_instant
from chaingraph.graph.json_types import JsonObject, object_of


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--flow", metavar="ID", help="only those of this flow, without their children")
    add_limit_argument(parser)
    add_server_arguments(parser)


def _run(arguments: Namespace) -> int:
    found = _found(Api(endpoint_of(arguments)), arguments.flow, arguments.limit)
    print_listing(("execution", "flow", "status", "created", "says"), map(_row, found))
    return OK


def _found(api: Api, flow_id: str | None, limit: int) -> Iterable[JsonObject]:
    if flow_id is None:
        return api.pages("executions", of="executions", limit=limit)
    roots = api.pages("flows", flow_id, "executions", of="executions", limit=limit)
    return (object_of(root["execution"]) for root in roots)


def _row(execution: JsonObject) -> tuple[str, ...]:
    status, created = str(execution["status"]), shown_instant(execution["createdAt"])
    return str(execution["id"]), str(execution["flowId"]), status, created, _says(execution)


def _says(execution: JsonObject) -> str:
    """Why it failed, or why it does not go on."""
    waiting = object_of(execution.get("waiting")).get("kind")
    waits = f"waits: {waiting}" if waiting else ""
    return " ".join(str(execution.get("errorMessage") or waits).split())


COMMAND = Command(_add_arguments, _run)
