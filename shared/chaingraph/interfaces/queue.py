"""The line of executions that wait for a slot."""

from typing import Protocol

from chaingraph.execution.slots import LineReport, SlotLimits
from chaingraph.ids import ExecutionId


class Queue(Protocol):
    """Who stands in line: first come first served within an owner, the owners in turn.

    A claim joins the line or takes a slot (`Runs.claim`), the end of a slice gives it back (`Runs.commit`).
    """

    async def call_next(self, limits: SlotLimits) -> list[ExecutionId]:
        """Those for whom there is a slot now, to be woken. One that was called lately is not called again."""
        ...

    async def place(self, execution_id: ExecutionId) -> int | None:
        """Its place in the line, from 1; None when it does not stand in it."""
        ...

    async def report(self) -> LineReport: ...
