"""A node type that no process survives."""

import os
import signal

from chaingraph.graph.catalogue import new_node_document
from chaingraph.graph.declarations import Output
from chaingraph.graph.json_types import JsonObject
from chaingraph.graph.kinds import number
from chaingraph.graph.node_types import NodeType, NodeTypes, Scope


class Dies(NodeType, title="Dies", category="test"):
    """Kills the process that runs it."""

    result = Output(number())

    def run(self, scope: Scope) -> None:  # noqa: ARG002 - a body takes its scope
        os.kill(os.getpid(), signal.SIGKILL)


def deadly_flow() -> JsonObject:
    definition = NodeTypes.of(Dies).get("Dies")
    assert definition is not None
    return {"metadata": {"name": "Deadly"}, "nodes": [new_node_document(definition, "dies")], "edges": []}
