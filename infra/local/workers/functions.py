"""The functions of one parent process, by name."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Self

from infra.local.log_lines import pass_on
from infra.local.workers.failures import unknown
from infra.local.workers.nursery import Nursery
from infra.local.workers.pool import Pool
from infra.local.workers.settings import FunctionSettings


class Functions:
    """To be entered before use; entering begins to import the handlers and does not wait for it."""

    def __init__(
        self, functions: Iterable[FunctionSettings], *, on_output: Callable[[str, str], None] = pass_on
    ) -> None:
        known = tuple(functions)
        self._nursery = Nursery(known)
        self._pools = {settings.name: Pool(settings, self._nursery, on_output) for settings in known}

    async def __aenter__(self) -> Self:
        for pool in self._pools.values():
            pool.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
        await asyncio.to_thread(self._nursery.close)

    async def ready(self) -> None:
        """Wait until every handler is imported, or has failed to be."""
        await asyncio.gather(*(pool.ready() for pool in self._pools.values()))

    async def invoke(self, name: str, payload: object) -> object:
        """What the handler returned; `FunctionFailed` for anything else.

        Cancelling gives up the answer, not the invocation.
        """
        if (pool := self._pools.get(name)) is None:
            raise unknown(name)
        return await pool.invoke(payload)

    def pids(self, name: str) -> tuple[int, ...]:
        """The worker processes that run now, for tests that end or stop them."""
        return self._pools[name].pids()
