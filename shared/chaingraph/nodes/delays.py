"""Waits for a point in time. A long one leaves the machine and costs nothing."""

from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.kinds import number, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.nodes.dates import moment_of
from chaingraph.nodes.flow_control import CATEGORY
from chaingraph.nodes.instants import epoch_ms


class DelayUntilNode(NodeType, title="Delay Until", category=CATEGORY, pure=True):
    """Waits until a date; one that has passed is no wait."""

    date = Input(string(), description="ISO 8601; without an offset it is UTC")
    waited_milliseconds = Output(number())

    async def run(self, scope: Scope) -> None:
        left_ms = epoch_ms(moment_of(self.date)) - scope.now_ms()
        # Also without anything left: this is the wait that a run goes on with after a long one.
        self.waited_milliseconds = round(await scope.sleep(max(0, left_ms) / 1000) * 1000)


NODE_TYPES = (DelayUntilNode,)
