"""Runs every engine on every shape, in turns, and reports."""

import asyncio
import gc
import os
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from tests.bench.figures import Figures, quantile
from tests.bench.peers.engine import RunOnce
from tests.bench.peers.on_burr import BURR
from tests.bench.peers.on_chaingraph import CHAINGRAPH
from tests.bench.peers.on_langgraph import LANGGRAPH
from tests.bench.peers.on_pydantic_graph import PYDANTIC_GRAPH
from tests.bench.peers.report import report
from tests.bench.peers.shapes import SHAPES, Shape

ENGINES: Final = (CHAINGRAPH, BURR, PYDANTIC_GRAPH, LANGGRAPH)
ROUNDS: Final = 9
WARM_UP: Final = 2


def main() -> None:
    load = os.getloadavg()[0]
    measured = asyncio.run(_measured())
    report(ENGINES, measured, load)


async def _measured() -> Mapping[str, Figures]:
    """Microseconds per node, by shape and engine."""
    return {shape.key: await _medians(shape) for shape in SHAPES}


async def _medians(shape: Shape) -> Figures:
    runs = {engine.package: run for engine in ENGINES if (run := shape.build(engine)) is not None}
    samples: dict[str, list[float]] = defaultdict(list)
    for turn in range(WARM_UP + ROUNDS):
        for name, run_once in runs.items():
            seconds = await _seconds(run_once, shape)
            if turn >= WARM_UP:
                samples[name].append(seconds)
    return {name: quantile(each, 0.5) / shape.nodes * 1e6 for name, each in samples.items()}


async def _seconds(run_once: RunOnce, shape: Shape) -> float:
    """Of the processor, not of the clock: what else runs on the machine does not count."""
    gc.collect()
    began = time.process_time()
    value = await run_once()
    took = time.process_time() - began
    if value != shape.value:
        raise RuntimeError(f"{shape.name}: {value} instead of {shape.value}")
    return took


if __name__ == "__main__":
    sys.exit(main())
