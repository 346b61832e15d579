"""The workflow service as a process that can be killed.

Calls of functions go out on stdout, answers come in on stdin, as lines of JSON: first `{"url"}`, then
`{"id", "function", "payload"}` out and `{"id", "payload"}` in.
"""

import asyncio
import itertools
import json
import sys
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

from infra.local.workflow.service import WorkflowSettings, serve

SWEEP_INTERVAL = timedelta(days=1)


async def main(database_url: str, definition: str) -> None:
    answers: dict[int, asyncio.Future[object]] = {}
    ids = itertools.count()

    async def invoke(function: str, payload: object) -> object:
        call = next(ids)
        answers[call] = asyncio.get_running_loop().create_future()
        tell({"id": call, "function": function, "payload": payload})
        return await answers[call]

    settings = WorkflowSettings(
        database_url=database_url, sweep_interval=SWEEP_INTERVAL, definition=Path(definition)
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(settings, invoke, lambda url: tell({"url": url})))
        async for line in lines():
            answers[line["id"]].set_result(line["payload"])


def tell(line: object) -> None:
    print(json.dumps(line), flush=True)  # noqa: T201 - this is the protocol


async def lines() -> AsyncGenerator[Any]:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        yield json.loads(line)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
