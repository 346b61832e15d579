"""What the tests of worker processes may ask for."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.local.rigs import Gate, Held, Output


@pytest.fixture
def output() -> Output:
    return Output()


@pytest.fixture
def new_gate(tmp_path: Path) -> Iterator[Callable[[], Gate]]:
    gates: list[Gate] = []

    def new() -> Gate:
        gates.append(Gate(tmp_path / f"gate{len(gates)}"))
        return gates[-1]

    yield new
    for gate in gates:
        gate.close()


@pytest.fixture
def gate(new_gate: Callable[[], Gate]) -> Gate:
    return new_gate()


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    held = Held(tmp_path / "held")
    yield held
    held.close()
