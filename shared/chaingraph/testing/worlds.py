"""The world that a flow under test runs in."""

import asyncio
from collections import deque
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from chaingraph.expressions.processes import ExpressionProcesses
from chaingraph.graph.facilities import NO_FACILITIES, Facilities, LanguageModels, McpServers
from chaingraph.ids import NodeId
from chaingraph.testing.drafts import FlowDraft
from chaingraph.testing.fakes import FakeHttp, FakeSecrets


@dataclass(kw_only=True)
class World:
    """`start`: the time at which a flow starts, in ISO 8601.

    Language models and MCP servers are there if a test brings its own.
    """

    start: str = "2026-01-01T00:00:00Z"
    http: FakeHttp = field(default_factory=FakeHttp)
    secrets: FakeSecrets = field(default_factory=FakeSecrets)
    models: LanguageModels = NO_FACILITIES.models
    mcp: McpServers = NO_FACILITIES.mcp
    flows: Mapping[str, FlowDraft | bytes | Mapping[str, object]] = field(
        default_factory=dict[str, FlowDraft | bytes | Mapping[str, object]]
    )
    """Flows that may be called, by their ids."""
    _answers: dict[str, deque[tuple[object, timedelta]]] = field(
        default_factory=dict[str, "deque[tuple[object, timedelta]]"], init=False
    )

    def answer(self, node_id: str, payload: object, *, after: timedelta = timedelta()) -> None:
        """Prepare what is posted to a callback of this node, so long after it has been opened.

        One without an answer waits for the end of its time.
        """
        self._answers.setdefault(node_id, deque()).append((payload, after))

    async def respond(self, node_id: NodeId) -> object:
        """What comes from outside for this node. Several callbacks are answered in their order."""
        answers = self._answers.get(node_id)
        if not answers:
            return await asyncio.Event().wait()
        payload, after = answers.popleft()
        await asyncio.sleep(after.total_seconds())
        return payload

    @contextmanager
    def facilities(self) -> Generator[Facilities]:
        expressions = ExpressionProcesses()
        try:
            yield Facilities(self.http, self.secrets, self.models, self.mcp, expressions)
        finally:
            expressions.close()
