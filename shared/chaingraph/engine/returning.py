"""What a run returns to whoever has called its flow."""

from chaingraph.engine.run import Run
from chaingraph.graph.json_types import object_of
from chaingraph.graph.values import stored_form
from chaingraph.ids import PortId


def returned(run: Run) -> dict[str, object]:
    """The fields of the flow's outputs that have come; where two nodes give the same, the later one in it."""
    values: dict[str, object] = {}
    for node in run.nodes:
        if node.plan.node.definition.return_port and node.status == "completed":
            port = PortId(node.plan.node.definition.return_port)
            values.update(object_of(stored_form(node.plan.node.ports[port], node.values.get(port))))
    return values
