"""A client that commands the execution while it runs, and sees what comes of it."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from chaingraph.errors import NotFound, WrongStatus
from chaingraph.execution.commands import Command, CommandKind
from chaingraph.execution.execution import Execution
from chaingraph.execution.status import Status, is_final
from chaingraph.ids import ExecutionId, UserId
from chaingraph.interfaces import User, Workflows
from chaingraph.usecases.command_execution import Post, command_execution, command_tree
from tests.fault.faults import Kind
from tests.fault.stores import Stores

OWNER = User(UserId("ann"), is_admin=False)
PAUSED_SECONDS = 2.0
LOOK_SECONDS = 0.05


class Director:
    """`accepted`: the commands that were not refused. A pause is followed by a resume once it has come about.

    `delays`: how long each took to come about, in seconds.
    """

    def __init__(self, stores: Stores, workflows: Workflows) -> None:
        self.accepted: list[Kind] = []
        self.delays: list[float] = []
        self.commands_children = True
        self._stores = stores
        self._post = Post(stores.whole.executions, stores.whole.mailbox, workflows)
        self._orders: set[asyncio.Task[None]] = set()

    async def order(self, kind: Kind) -> None:
        """The client lives on where the caller dies meanwhile."""
        await asyncio.shield(self._task(self._order(kind)))

    async def _order(self, kind: Kind) -> None:
        ids = [execution.id for execution in await self._stores.executions() if not execution.depth]
        root_id = ids[0] if ids else ExecutionId("")
        with suppress(NotFound, WrongStatus):
            await self._command(root_id, CommandKind.STOP if kind is Kind.STOP else CommandKind.PAUSE)
            self.accepted.append(kind)
            self._task(self._follow(root_id, kind))

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._orders.add(task)
        return task

    async def _follow(self, root_id: ExecutionId, kind: Kind) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not _has_come_about(await self._stores.whole.executions.read(root_id)):  # noqa: ASYNC110 - a row is no event
            await asyncio.sleep(LOOK_SECONDS)
        self.delays.append(loop.time() - began)
        if kind is Kind.PAUSE:
            await asyncio.sleep(PAUSED_SECONDS)
            with suppress(WrongStatus):
                await self._command(root_id, CommandKind.RESUME)

    async def _command(self, root_id: ExecutionId, kind: CommandKind) -> None:
        send = command_tree if self.commands_children else command_execution
        await send(root_id, Command(kind, OWNER.id, f"{kind} it"), OWNER, post=self._post)


def _has_come_about(execution: Execution) -> bool:
    return execution.status is Status.PAUSED or is_final(execution.status)
