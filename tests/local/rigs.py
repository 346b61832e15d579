"""What the tests of worker processes hold on to: output, gates and ends of processes."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from infra.local.workers import Functions, FunctionSettings


class Output:
    """What the functions print; a test can wait for a line."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self._news = asyncio.Event()

    def add(self, function: str, line: str) -> None:
        self.lines.append((function, line))
        self._news.set()

    async def until(self, line: str, times: int = 1) -> None:
        while sum(text == line for _, text in self.lines) < times:
            self._news.clear()
            await self._news.wait()


def sample(name: str, **settings: Any) -> FunctionSettings:
    return FunctionSettings(name=name, handler=f"tests.local.sample_functions:{name}", **settings)


@asynccontextmanager
async def running(*settings: FunctionSettings, output: Output | None = None) -> AsyncGenerator[Functions]:
    async with Functions(settings, on_output=(output or Output()).add) as functions:
        yield functions


class Gate:
    """A pipe at which the sample function `wait` waits. It is open at both ends: nobody waits to open it."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._fd = os.open(path, os.O_RDWR)

    def open(self, text: str = "go") -> None:
        os.write(self._fd, f"{text}\n".encode())

    def close(self) -> None:
        os.close(self._fd)


NO_GATE = {"pipe": os.devnull}


def at(gate: Gate) -> dict[str, str]:
    return {"pipe": str(gate.path)}


class Held:
    """A pipe whose end tells that everyone who had it open is gone."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def end(self) -> bytes:
        """Waits for it."""
        os.set_blocking(self._reader, True)
        return os.read(self._reader, 1)

    def close(self) -> None:
        os.close(self._reader)
