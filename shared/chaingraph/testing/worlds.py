"""The world that a flow under test runs in."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from chaingraph.expressions.processes import ExpressionProcesses
from chaingraph.graph.facilities import NO_FACILITIES, Facilities, LanguageModels, McpServers
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

    @contextmanager
    def facilities(self) -> Generator[Facilities]:
        expressions = ExpressionProcesses()
        try:
            yield Facilities(self.http, self.secrets, self.models, self.mcp, expressions)
        finally:
            expressions.close()
