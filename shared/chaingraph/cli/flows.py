"""`chaingraph flows`: what a running system has stored."""

from argparse import ArgumentParser, Namespace

from chaingraph.cli.api import Api
from chaingraph.cli.command import OK, Command
from chaingraph.cli.endpoint import add_server_arguments, endpoint_of
from chaingraph.cli.listing import add_limit_argument, print_listing, shown_instant
from chaingraph.graph.json_types import JsonObject


def _add_arguments(parser: ArgumentParser) -> None:
    add_limit_argument(parser)
    add_server_arguments(parser)


def _run(arguments: Namespace) -> int:
    found = Api(endpoint_of(arguments)).pages("flows", of="flows", limit=arguments.limit)
    print_listing(("flow", "version", "updated", "owner", "name"), map(_row, found))
    return OK


def _row(flow: JsonObject) -> tuple[str, ...]:
    updated = shown_instant(flow["updatedAt"])
    return str(flow["id"]), str(flow["version"]), updated, str(flow["ownerId"]), str(flow["name"])


COMMAND = Command(_add_arguments, _run)
