"""How soon a command is obeyed: from the call of a client to the receipt of the event that says so."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from itertools import chain
from typing import Final

from psycopg.rows import scalar_row

from chaingraph.postgres.database import Database
from tests.bench.figures import Figures, quantiles
from tests.bench.stage import Stage
from tests.bench.watching import Watched, watching
from tests.sketched_flows import chain_of_sleeps

CALLS: Final = 120
PAUSES_OF_ONE: Final = 10
TOGETHER: Final = 4
EVENTS_BEFORE: Final = 20
LOOK_SECONDS: Final = 0.005
# So an engine that idles is met anywhere between two looks for commands.
LONGEST_PAUSE_SECONDS: Final = 0.5
LEASE: Final = "select lease_expires_at from chaingraph.progress where execution_id = %(id)s"

Sample = Callable[[Watched], Awaitable[float]]


async def measure(stage: Stage) -> Figures:
    """An engine at work, one that idles in its only node, and a sleep so long that no engine stays."""
    busy, idle, asleep = [
        await stage.stored(chain_of_sleeps(*shape)) for shape in ((400, 5), (1, 4_500), (1, 600_000))
    ]
    noticed = await _noticed(stage, idle)
    return {
        **quantiles("control.working.pause_ms", await _pauses(stage, busy)),
        **quantiles("control.working.stop_ms", await _samples(stage, busy, _stop_at_work)),
        **quantiles("control.idle.pause_noticed_ms", noticed),
        **quantiles("control.idle.stop_ms", await _samples(stage, idle, _stop_later)),
        **quantiles("control.asleep.pause_ms", await _samples(stage, asleep, _pause_later)),
        **quantiles("control.asleep.stop_ms", await _samples(stage, asleep, _stop_later)),
    }


async def _pauses(stage: Stage, flow_id: str) -> list[float]:
    """Several of one execution, which goes on in between."""
    samples: list[float] = []
    for _ in range(CALLS // PAUSES_OF_ONE):
        async with watching(stage, flow_id) as watched:
            for number in range(1, PAUSES_OF_ONE + 1):
                await watched.until(len(watched.events) + EVENTS_BEFORE)
                samples.append(await _ordered(watched, "pause", "flow:paused", number))
                await watched.order("resume")
                await watched.event("flow:resumed", number)
            await watched.order("stop")
    return samples


async def _samples(stage: Stage, flow_id: str, sample: Sample) -> list[float]:
    """One of each execution, a few executions at a time."""

    async def one_after_another() -> list[float]:
        samples: list[float] = []
        for _ in range(CALLS // TOGETHER):
            async with watching(stage, flow_id) as watched:
                samples.append(await sample(watched))
        return samples

    return list(chain(*await asyncio.gather(*(one_after_another() for _ in range(TOGETHER)))))


async def _stop_at_work(watched: Watched) -> float:
    await watched.until(EVENTS_BEFORE)
    return await _ordered(watched, "stop", "flow:cancelled")


async def _stop_later(watched: Watched) -> float:
    await _idle_for_a_while(watched)
    return await _ordered(watched, "stop", "flow:cancelled")


async def _pause_later(watched: Watched) -> float:
    await _idle_for_a_while(watched)
    milliseconds = await _ordered(watched, "pause", "flow:paused")
    await watched.order("stop")
    return milliseconds


async def _noticed(stage: Stage, flow_id: str) -> list[float]:
    """Until the engine has looked at the row: that it will pause shows when its node has ended."""
    database = Database(stage.database_url)

    async def noticed(watched: Watched) -> float:
        await _idle_for_a_while(watched)
        began = time.perf_counter()
        await watched.order("pause")
        parameters = {"id": watched.execution_id}
        before = await database.row(LEASE, parameters, scalar_row)
        while await database.row(LEASE, parameters, scalar_row) == before:  # noqa: ASYNC110 - rows are no events
            await asyncio.sleep(LOOK_SECONDS)
        milliseconds = 1000 * (time.perf_counter() - began)
        await watched.order("stop")
        return milliseconds

    try:
        return await _samples(stage, flow_id, noticed)
    finally:
        await database.close()


async def _idle_for_a_while(watched: Watched) -> None:
    await watched.event("node:started")
    await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311


async def _ordered(watched: Watched, command: str, event_type: str, times: int = 1) -> float:
    began = time.perf_counter()
    await watched.order(command)
    return 1000 * ((await watched.event(event_type, times)).at - began)
