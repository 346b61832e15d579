"""One example flow on its way through the running system: stored, created, watched, started."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson
from rich.console import Console

from chaingraph.cli.api import Api
from chaingraph.cli.displays import terminal_display
from chaingraph.cli.endpoint import Endpoint
from chaingraph.cli.examples import read_example
from chaingraph.cli.executing import has_completed, new_execution
from chaingraph.cli.following import Follower
from chaingraph.cli.local_system import LocalSystem
from chaingraph.cli.local_tokens import Bearer, read_signing_key, sign_token
from chaingraph.subscriptions import Snapshot

EXAMPLE: Final = "branch"
USER: Final = "example"


async def show_example(system: LocalSystem, state: Path, console: Console) -> bool:
    """True when the flow completed."""
    document = read_example(EXAMPLE)
    token = sign_token(Bearer(USER), read_signing_key(state), system=system, now=datetime.now(UTC))
    api = Api(Endpoint(system.http_url, system.websocket_url, token))
    stream = await asyncio.to_thread(new_execution, document, None, (), api)
    async with terminal_display(orjson.loads(document), console) as display:
        await Follower(api.endpoint, Snapshot.VALUES, display).follow(stream)
    return await asyncio.to_thread(has_completed, stream.execution_id, api)
