"""The whole path: executions per second with many clients, latency with one."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Final

from chaingraph.cli.trpc import connected
from tests.bench.clients import Times, run_once
from tests.bench.figures import Figures, quantile, quantiles
from tests.bench.stage import Stage

CLIENTS: Final = 50
SECONDS: Final = 8.0
WARM_UP: Final = 20
ROUNDS: Final = 150
LONG_ROUNDS: Final = 15


async def measure(stage: Stage) -> Figures:
    short, long = await stage.stored_chain(3), await stage.stored_chain(100)
    alone = (await _alone(stage, short, WARM_UP + ROUNDS))[WARM_UP:]
    chains = (await _alone(stage, long, LONG_ROUNDS + 3))[3:]
    return {
        "path.executions_per_s": await _throughput(stage, short),
        **quantiles("path.start_to_completed_ms", [1000 * (t.completed - t.started) for t in alone]),
        **quantiles("path.create_to_completed_ms", [1000 * (t.completed - t.created) for t in alone]),
        "path.chain100_start_to_completed_ms": quantile(
            [1000 * (t.completed - t.started) for t in chains], 0.5
        ),
    }


async def _alone(stage: Stage, flow_id: str, rounds: int) -> list[Times]:
    async with connected(stage.system.websocket_url, stage.token) as client:
        return [await run_once(client, flow_id) for _ in range(rounds)]


async def _throughput(stage: Stage, flow_id: str) -> float:
    """Completed executions in a fixed time, after one warm-up round of every client."""
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(connected(stage.system.websocket_url, stage.token))
            for _ in range(CLIENTS)
        ]
        await asyncio.gather(*(run_once(client, flow_id) for client in clients))
        ends = time.perf_counter() + SECONDS
        done: list[Times] = []

        async def work(place: int) -> None:
            while time.perf_counter() < ends:
                done.append(await run_once(clients[place], flow_id))

        began = time.perf_counter()
        await asyncio.gather(*(work(place) for place in range(CLIENTS)))
        return len(done) / (time.perf_counter() - began)
