"""The table in the terminal, and the figures for comparison."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

import orjson
from rich.console import Console
from rich.table import Table

from tests.bench.figures import Figures
from tests.bench.peers.engine import Engine
from tests.bench.peers.shapes import SHAPES

RESULTS: Final = Path(".bench/peers.json")

Measured = Mapping[str, Figures]
"""Microseconds per node, by shape and package."""


def report(engines: Sequence[Engine], measured: Measured, load: float) -> None:
    """Ratios are to the first engine."""
    ours = engines[0].package
    table = Table("engine", "emits", *(shape.name for shape in SHAPES), caption=_notes(engines))
    for engine in engines:
        cells = (_cell(measured[shape.key], engine.package, ours) for shape in SHAPES)
        name = engine.name if engine.package == ours else f"{engine.name} {version(engine.package)}"
        table.add_row(name, engine.emits, *cells)
    Console().print(table)
    RESULTS.parent.mkdir(exist_ok=True)
    figures = {"machine.load_before": load, **_figures(measured, ours)}
    RESULTS.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))


def _cell(figures: Figures, package: str, ours: str) -> str:
    if package not in figures:
        return "cannot"
    return f"{figures[package]:.1f}  {figures[package] / figures[ours]:.1f} ×"


def _notes(engines: Iterable[Engine]) -> str:
    lacks = (f"{engine.name}: {engine.lacks}" for engine in engines if engine.lacks)
    return "\n".join(["µs of the processor per node, median; × this engine", *lacks])


def _figures(measured: Measured, ours: str) -> Figures:
    figures: Figures = {}
    for shape, of_shape in measured.items():
        for package, figure in of_shape.items():
            figures[f"{package}.{shape}.us_per_node"] = figure
            figures[f"{package}.{shape}.ratio"] = figure / of_shape[ours]
    return figures
