"""What is answered without a token, and the catalogue of node types."""

import asyncio
from http import HTTPStatus
from typing import Final

import orjson

from chaingraph.errors import NotFound, Unavailable
from chaingraph.ids import ExecutionId
from functions.control.adapters import ControlAdapters
from functions.control.http_messages import HttpReply, HttpRequest, json_reply
from functions.control.queries import NoQuery

HEALTH_SECONDS: Final = 2.0
NO_EXECUTION: Final = ExecutionId("-")


async def get_health(adapters: ControlAdapters) -> HttpReply:
    """Whether the database answers."""
    try:
        async with asyncio.timeout(HEALTH_SECONDS):
            await adapters.executions.read(NO_EXECUTION)
    except NotFound:
        return json_reply({"status": "ok"})
    except (TimeoutError, Unavailable):
        return json_reply({"status": "unavailable"}, HTTPStatus.SERVICE_UNAVAILABLE)
    return json_reply({"status": "ok"})


async def get_node_types(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """List the node types that a flow may use, by category."""
    request.queried(NoQuery)
    return HttpReply(HTTPStatus.OK, orjson.dumps(adapters.catalogue()))
