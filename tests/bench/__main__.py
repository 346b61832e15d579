"""Measures everything, or only the parts that are named: engine, path, events, control."""

import asyncio
import os
import sys

from tests.bench import control, deaths, engine_speed, event_latency, path_speed
from tests.bench.figures import Figures, report
from tests.bench.stage import set_up

PARTS = ("engine", "path", "events", "control")


async def _through_the_system(parts: set[str]) -> Figures:
    figures: Figures = {}
    async with set_up() as stage:
        if "path" in parts:
            figures |= await path_speed.measure(stage)
        if "events" in parts:
            figures |= await event_latency.measure(stage)
        if "control" in parts:
            figures |= await control.measure(stage) | await deaths.measure(stage)
    return figures


def main(names: list[str]) -> int:
    parts = set(names or PARTS)
    if unknown := parts - set(PARTS):
        sys.stderr.write(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}\n")
        return 2
    figures: Figures = {"machine.load_before": os.getloadavg()[0]}
    if "engine" in parts:
        figures |= engine_speed.measure()
    if parts & {"path", "events", "control"}:
        figures |= asyncio.run(_through_the_system(parts))
    report(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
