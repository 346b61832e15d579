"""The graphs that every engine runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.bench.peers.engine import Engine, RunOnce


@dataclass(frozen=True, slots=True)
class Shape:
    """`value`: what the last node comes to, if all of them have run."""

    key: str
    name: str
    nodes: int
    value: int
    build: Callable[[Engine], RunOnce | None]


def _chain(length: int) -> Shape:
    return Shape(f"chain{length}", f"chain of {length}", length, length, lambda engine: engine.chain(length))


def _fan(width: int) -> Shape:
    def build(engine: Engine) -> RunOnce | None:
        return None if engine.fan is None else engine.fan(width)

    return Shape(f"fan{width}", f"fan-out and -in of {width}", width + 2, 2 * width + 1, build)


SHAPES: Final = (_chain(100), _chain(1000), _fan(100))
