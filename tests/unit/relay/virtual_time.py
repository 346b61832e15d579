"""Tests of the relay in virtual time: it passes only when nobody has anything to do."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from chaingraph.testing.virtual_time import run_in_virtual_time

T = TypeVar("T")

DAY = 86_400.0


def run(main: Coroutine[Any, Any, T], *, at_most_seconds: float = DAY) -> T:
    """Run to the end; raise TimeoutError after so much virtual time."""

    async def limited() -> T:
        async with asyncio.timeout(at_most_seconds):
            return await main

    return run_in_virtual_time(limited())
