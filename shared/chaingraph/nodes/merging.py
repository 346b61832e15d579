"""Where branches of a flow come together again."""

from chaingraph.graph.declarations import Output, Passthrough
from chaingraph.graph.json_types import object_of
from chaingraph.graph.kinds import any_value, record, string
from chaingraph.graph.node_types import NodeType, Scope, StartsWith
from chaingraph.graph.values import copied
from chaingraph.nodes.flow_control import CATEGORY


class MergeNode(NodeType, title="Merge Branches", category=CATEGORY, pure=True, starts_with=StartsWith.ANY):
    """Goes on with the first branch that arrives, whatever becomes of the others.

    Each field of the branches takes one branch; the branch that did not run need not arrive.
    """

    branches = Passthrough(
        record({"branch-1": any_value(), "branch-2": any_value()}, schema_is_mutable=True),
        ui={"hidePropertyEditor": True},
    )
    value = Output(any_value())
    branch = Output(string(), description="The name of the field that it came to")

    def run(self, scope: Scope) -> None:
        arrived = object_of(self.branches)
        self.branch = next(iter(arrived), "")
        self.value = copied(arrived.get(self.branch))


NODE_TYPES = (MergeNode,)
