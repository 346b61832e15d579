"""Containers."""

from chaingraph.graph.node_types import NodeType, Scope


class GroupNode(NodeType, title="Group", category="group", pure=True):
    """Holds other nodes together and runs after them."""

    def run(self, scope: Scope) -> None:
        pass


NODE_TYPES = (GroupNode,)
