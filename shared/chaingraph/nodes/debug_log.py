"""Lines in the execution's event log."""

from chaingraph.graph.declarations import Input
from chaingraph.graph.kinds import string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.nodes.script_values import as_text


class DebugLogNode(NodeType, title="Debug Log", category="utilities", pure=True):
    """Writes a message to the execution's log of events."""

    message = Input(string())

    def run(self, scope: Scope) -> None:
        scope.log(as_text(self.message))


NODE_TYPES = (DebugLogNode,)
