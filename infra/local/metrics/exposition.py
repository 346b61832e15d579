"""The text format of Prometheus, version 0.0.4."""

from collections.abc import Iterator
from typing import Final

from infra.local.metrics.board import BOUNDS, Board, Family, Labels, Spread

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def text_of(board: Board) -> str:
    return "".join(f"{line}\n" for line in _lines(board))


def _lines(board: Board) -> Iterator[str]:
    for family, numbers in board.numbers():
        yield from _head(family)
        for labels, value in sorted(numbers.items()):
            yield _sample(family.name, labels, value)
    for family, spreads in board.spreads():
        yield from _head(family)
        for labels, spread in sorted(spreads.items()):
            yield from _buckets(family.name, labels, spread)


def _head(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.meaning}"
    yield f"# TYPE {family.name} {family.shape}"


def _buckets(name: str, labels: Labels, spread: Spread) -> Iterator[str]:
    bounds = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
    cumulative = spread.cumulative()
    for bound, count in zip(bounds, cumulative, strict=True):
        yield _sample(f"{name}_bucket", (*labels, ("le", bound)), count)
    yield _sample(f"{name}_sum", labels, spread.total)
    yield _sample(f"{name}_count", labels, cumulative[-1])


def _sample(name: str, labels: Labels, value: float) -> str:
    named = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
    return f"{name}{{{named}}} {value:.15g}" if named else f"{name} {value:.15g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
