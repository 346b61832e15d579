"""Clients of a running execution: what they send meets faults at any statement, and is sent again."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson

from chaingraph.errors import Conflict, NotFound, WrongStatus
from chaingraph.execution.commands import Command, CommandKind
from chaingraph.execution.events import EventType
from chaingraph.execution.execution import Execution
from chaingraph.execution.status import is_final
from chaingraph.ids import EventIndex, ExecutionId
from chaingraph.usecases.answer_callback import Desk, answer_callback
from chaingraph.usecases.command_execution import Post, command_tree
from tests.fault.client import FLOWS, repeated
from tests.fault.director import OWNER
from tests.fault.sandboxes import Sandbox
from tests.fault.simulation import System
from tests.fault.trial import MOST_EVENTS
from tests.fault.virtual_clock import now_ms

LOOK_SECONDS = 0.5
TAKEN = "taken"


class Visitor:
    """Of one root execution, and of what is below it. What it only looks at, no fault reaches."""

    def __init__(self, system: System, root_id: ExecutionId) -> None:
        self._system = system
        self._root_id = root_id

    async def command(self, kind: CommandKind) -> None:
        """All of them."""
        order = Command(kind, OWNER.id, f"{kind} it")

        async def send(sandbox: Sandbox) -> None:
            store = self._system.stores.reached_from(sandbox, self._system.watch).store
            post = Post(store.executions, store.mailbox, sandbox.outside(self._system.workflows))
            with suppress(WrongStatus):  # an earlier try, whose answer was lost, was obeyed
                await command_tree(self._root_id, order, OWNER, post=post)

        await repeated(self._system, send)

    async def answer(self, node_id: str, payload: Mapping[str, object]) -> str:
        """TAKEN, or the name of the refusal."""
        token, body = await self._token(node_id), orjson.dumps(payload)

        async def send(sandbox: Sandbox) -> str:
            store = self._system.stores.reached_from(sandbox, self._system.watch).store
            desk = Desk(store.mailbox, sandbox.outside(self._system.workflows), FLOWS)
            try:
                await answer_callback(token, body, now_ms(), desk=desk)
            except (Conflict, NotFound, WrongStatus) as refusal:
                return type(refusal).__name__
            return TAKEN

        return await repeated(self._system, send)

    async def until(self, is_so: Callable[[Sequence[Execution]], bool]) -> None:
        """They are as they have to be, the root first."""
        while not is_so(await self._system.stores.whole.executions.tree(self._root_id)):  # noqa: ASYNC110 - rows are no events
            await asyncio.sleep(LOOK_SECONDS)

    async def until_logged(self, kind: EventType, node_id: str) -> Mapping[str, Any]:
        """The first event of this kind about a node of the root."""
        log = self._system.stores.whole.event_log
        while True:
            for event in await log.read(self._root_id, after=EventIndex(-2), limit=MOST_EVENTS):
                payload: Mapping[str, Any] = orjson.loads(event.payload)
                if event.type == kind and payload["nodeId"] == node_id:
                    return payload
            await asyncio.sleep(LOOK_SECONDS)

    async def _token(self, node_id: str) -> str:
        opened = await self.until_logged(EventType.CALLBACK_OPENED, node_id)
        url: str = opened["values"]["callbackUrl"]
        return url.rsplit("/", 1)[1]


def have_ended(tree: Sequence[Execution]) -> bool:
    return all(is_final(execution.status) for execution in tree)
