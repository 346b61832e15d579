"""Where values are that are too large for the event log."""

from typing import Protocol

from chaingraph.graph.large_values import LargeValue
from chaingraph.ids import ExecutionId


class LargeValues(Protocol):
    """Contents of one execution, known by their hash: the same content twice is one."""

    async def keep(self, execution_id: ExecutionId, content: bytes) -> LargeValue:
        """Durable when it returns; a commit that refers to it may follow, or never come."""
        ...

    async def read(self, execution_id: ExecutionId, value: LargeValue) -> bytes:
        """Raises NotFound for what this execution has not kept."""
        ...
