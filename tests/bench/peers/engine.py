"""What is measured of an engine."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

RunOnce = Callable[[], Awaitable[int]]
"""Runs a graph that was built before, and answers its last value."""

Build = Callable[[int], RunOnce]


@dataclass(frozen=True, slots=True)
class Engine:
    """How an engine builds the shapes.

    `chain`: nodes that each add one to the value before. `fan`: one node, so many behind it, and one that
    adds one to their sum; None where the engine's graphs have no such shape, as `lacks` then explains.
    `emits`: what a run tells the outside.
    """

    name: str
    package: str
    emits: str
    chain: Build
    fan: Build | None
    lacks: str = ""
