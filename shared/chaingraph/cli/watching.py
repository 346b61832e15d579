"""An execution of a running system on the terminal, to its end."""

import asyncio
import sys
from argparse import Namespace

from chaingraph.cli.api import Api
from chaingraph.cli.command import FAILED, OK
from chaingraph.cli.displays import display_of, snapshot_of
from chaingraph.cli.executing import has_completed
from chaingraph.cli.following import Follower, Stream
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
    return OK if has_completed(stream.execution_id, api) else FAILED
