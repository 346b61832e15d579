"""An execution of a running system on the terminal, to its end."""

import asyncio
import sys
from argparse import Namespace

from chaingraph.cli.api import Api
from chaingraph.cli.command import FAILED, OK
from chaingraph.cli.displays import display_of, snapshot_of
from chaingraph.cli.following import Follower, Stream
from chaingraph.execution.status import Status
from chaingraph.graph.json_types import JsonObject


def watch(stream: Stream, document: JsonObject, api: Api, arguments: Namespace) -> int:
    """0 when the execution completed. `document`: its flow."""
    snapshot = snapshot_of(arguments)

    async def follow() -> None:
        async with display_of(arguments, document) as display:
            await Follower(api.endpoint, snapshot, display).follow(stream)

    try:
        asyncio.run(follow())
    except KeyboardInterrupt:
        print(f"{stream.execution_id} goes on: `chaingraph watch {stream.execution_id}`", file=sys.stderr)
        raise
    return _told(api.get("executions", stream.execution_id))


def _told(execution: JsonObject) -> int:
    """The exit code; where the execution has not completed, why."""
    if execution["status"] == Status.COMPLETED:
        return OK
    why = execution.get("errorMessage")
    told = f"{execution['id']} is {execution['status']}"
    print(f"chaingraph: {told}: {why}" if why else f"chaingraph: {told}", file=sys.stderr)
    return FAILED
