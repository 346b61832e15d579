"""The sums of everything that was measured."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate
from typing import Final

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 900.0)

Labels = tuple[tuple[str, str], ...]


class Shape(StrEnum):
    """The words of the text format."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Family:
    name: str
    shape: Shape
    meaning: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a family."""

    family: Family
    labels: Labels
    value: float


@dataclass(slots=True)
class Spread:
    """How many values lie under each bound, the last one being infinity."""

    total: float = 0.0
    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))

    def add(self, value: float) -> None:
        self.total += value
        self.counts[bisect_left(BOUNDS, value)] += 1

    def cumulative(self) -> list[int]:
        return list(accumulate(self.counts))


class Board:
    def __init__(self) -> None:
        self._numbers: dict[Family, dict[Labels, float]] = {}
        self._spreads: dict[Family, dict[Labels, Spread]] = {}

    def take(self, reading: Reading) -> None:
        family, labels, value = reading.family, reading.labels, reading.value
        match family.shape:
            case Shape.HISTOGRAM:
                self._spreads.setdefault(family, {}).setdefault(labels, Spread()).add(value)
            case Shape.COUNTER:
                numbers = self._numbers.setdefault(family, {})
                numbers[labels] = numbers.get(labels, 0.0) + value
            case Shape.GAUGE:
                self._numbers.setdefault(family, {})[labels] = value

    def numbers(self) -> Iterator[tuple[Family, dict[Labels, float]]]:
        yield from sorted(self._numbers.items(), key=lambda known: known[0].name)

    def spreads(self) -> Iterator[tuple[Family, dict[Labels, Spread]]]:
        yield from sorted(self._spreads.items(), key=lambda known: known[0].name)
