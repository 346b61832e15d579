"""How soon a flow goes on whose engine was killed, what is run again for it, and what a pause costs.

The flow has fifty nodes, of which several run at once; their bodies write down that they ran.
"""

import asyncio
import os
import random
import signal
import time
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from statistics import fmean
from typing import Final

from psycopg.rows import scalar_row

from chaingraph.postgres.database import Database
from infra.local.database import databases_of
from tests.bench.figures import Figures, quantiles
from tests.bench.stage import Stage
from tests.bench.watching import Watched, watching
from tests.fault.fifty_nodes import fifty_nodes
from tests.fault.processes.kept_ledger import read_ledger
from tests.processes import below, running, worked_ms
from tests.sketched_flows import chain_of_sleeps

KILLS: Final = 36
LAST_EVENT: Final = 150
SETTLED_SECONDS: Final = 2.0
PAUSED_SECONDS: Final = 2.0
PAUSED_FLOWS: Final = 5
WORKING: Final = ("run_flow", "await_signal", "record_failure")
WRITTEN: Final = """
select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint from pg_stat_user_tables
where relname not in ('relay_leases', 'connections', 'subscriptions')
"""


async def measure(stage: Stage) -> Figures:
    flow_id = await stage.stored(fifty_nodes())
    deaths = [await _killed(stage, flow_id) for _ in range(KILLS)]
    reruns = [again for _, again in deaths]
    return {
        **quantiles("control.kill_to_event_ms", [milliseconds for milliseconds, _ in deaths]),
        "control.reruns_per_kill.mean": fmean(reruns),
        "control.reruns_per_kill.max": max(reruns),
        **await _while_paused(stage, await stage.stored(chain_of_sleeps(400, 5))),
    }


async def _killed(stage: Stage, flow_id: str) -> tuple[float, int]:
    """Milliseconds from the end of the engine to the next event, and how many bodies ran once more."""
    async with watching(stage, flow_id) as watched:
        await watched.until(random.randrange(3, LAST_EVENT))  # noqa: S311
        began, moment = time.perf_counter(), datetime.now(UTC)
        with suppress(ProcessLookupError):
            os.kill(_engine(stage, watched), signal.SIGKILL)
        next_event = await watched.made_after(moment)
        await watched.event("flow:completed")
        return 1000 * (next_event.at - began), _reruns(stage, watched)


def _engine(stage: Stage, watched: Watched) -> int:
    """The process of the body that began last."""
    return [run for run in read_ledger(stage.ledger) if run.body.execution_id == watched.execution_id][-1].pid


def _reruns(stage: Stage, watched: Watched) -> int:
    """Of the execution that was struck; its children have engines of their own."""
    runs = [run.body for run in read_ledger(stage.ledger) if run.body.execution_id == watched.execution_id]
    return len(runs) - len({run.node_id for run in runs})


async def _while_paused(stage: Stage, flow_id: str) -> Figures:
    """What happens during some seconds in which all executions are paused."""
    async with AsyncExitStack() as flows:
        paused = [await flows.enter_async_context(watching(stage, flow_id)) for _ in range(PAUSED_FLOWS)]
        for watched in paused:
            await watched.order("pause")
            await watched.event("flow:paused")
        await asyncio.sleep(SETTLED_SECONDS)
        worked, written = _worked_ms(), await _rows_written(stage)
        await asyncio.sleep(PAUSED_SECONDS)
        figures = {
            "control.paused.engine_cpu_ms": _worked_ms() - worked,
            "control.paused.rows_written": float(await _rows_written(stage) - written),
        }
        for watched in paused:
            await watched.order("stop")
        return figures


def _worked_ms() -> float:
    """Processor time of all workers that the workflow calls."""
    workers = [each.pid for each in below(os.getpid(), running()) if each.name in WORKING]
    if not workers:
        raise LookupError("the workers were not found")
    return sum(worked_ms(pid) for pid in workers)


async def _rows_written(stage: Stage) -> int:
    """In both databases, but for what the relay and connections write."""
    databases = databases_of(stage.database_url)
    return sum([await _written(url) for url in (databases.flows, databases.workflow)])


async def _written(url: str) -> int:
    database = Database(url)
    try:
        return await database.row(WRITTEN, {}, scalar_row) or 0
    finally:
        await database.close()
