"""Figures: how they are summed up, printed and kept."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson
from rich.console import Console
from rich.table import Table

RESULTS: Final = Path(".bench/results.json")

Figures = dict[str, float]

# What is aimed at: at most, or (with a sign) at least.
GOALS: Final[Mapping[str, tuple[str, float]]] = {
    "engine.chain100.us_per_node": ("≤", 25),
    "engine.chain1000.us_per_node": ("≤", 25),
    "engine.fan100.us_per_node": ("≤", 25),
    "engine.fan1000.us_per_node": ("≤", 25),
    "engine.slowest_over_fastest_shape": ("≤", 1.3),
    "engine.load1000_ms": ("≤", 60),
    "path.executions_per_s": ("≥", 150),
    "path.start_to_completed_ms.p50": ("≤", 20),
    "path.create_to_completed_ms.p50": ("≤", 40),
    "events.commit_to_receipt_ms.p50": ("≤", 4),
    "events.batched25.commit_to_receipt_ms.p50": ("≤", 30),
    "path.chain100_start_to_completed_ms": ("≤", 100),
    "control.working.pause_ms.p99": ("≤", 250),
    "control.working.stop_ms.p99": ("≤", 250),
    "control.idle.pause_noticed_ms.p99": ("≤", 750),
    "control.idle.stop_ms.p99": ("≤", 750),
    "control.asleep.pause_ms.p99": ("≤", 750),
    "control.asleep.stop_ms.p99": ("≤", 750),
    "control.kill_to_event_ms.p50": ("≤", 3300),
    "control.paused.engine_cpu_ms": ("≤", 0),
    "control.paused.rows_written": ("≤", 0),
}


def quantile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that `share` of all samples do not exceed."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def quantiles(name: str, samples: Sequence[float]) -> Figures:
    return {f"{name}.p50": quantile(samples, 0.5), f"{name}.p99": quantile(samples, 0.99)}


def report(figures: Figures) -> None:
    """Print a table, and keep the figures for comparison."""
    table = Table("figure", "measured", "goal")
    for name, figure in figures.items():
        sign, goal = GOALS.get(name, ("", 0))
        table.add_row(name, f"{figure:.2f}", f"{sign} {goal:g}" if sign else "")
    Console().print(table)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
