"""Truth values."""

from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.kinds import boolean
from chaingraph.graph.node_types import NodeType, Scope

CATEGORY = "math"


class AndNode(NodeType, title="And", category=CATEGORY, pure=True):
    """True if both inputs are true."""

    input_x = Input(boolean())
    input_y = Input(boolean())
    result = Output(boolean())

    def run(self, scope: Scope) -> None:
        self.result = bool(self.input_x) and bool(self.input_y)


class OrNode(NodeType, title="Or", category=CATEGORY, pure=True):
    """True if one of the inputs is true."""

    input_x = Input(boolean())
    input_y = Input(boolean())
    result = Output(boolean())

    def run(self, scope: Scope) -> None:
        self.result = bool(self.input_x) or bool(self.input_y)


class NotNode(NodeType, title="Not", category=CATEGORY, pure=True):
    """True if the input is false."""

    input = Input(boolean())
    result = Output(boolean())

    def run(self, scope: Scope) -> None:
        self.result = not self.input


NODE_TYPES = (
    AndNode,
    OrNode,
    NotNode,
)
