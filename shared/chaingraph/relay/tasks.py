"""Ending tasks, so that none outlives what it belongs to."""

import asyncio
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


async def finished(tasks: Iterable[asyncio.Task[T]]) -> None:
    """Wait until all have ended, however they end."""
    if waited := set(tasks):
        await asyncio.wait(waited)


async def end(tasks: Iterable[asyncio.Task[T]]) -> None:
    """Cancel all and wait until they have ended."""
    cancelled = set(tasks)
    for task in cancelled:
        task.cancel()
    await finished(cancelled)
