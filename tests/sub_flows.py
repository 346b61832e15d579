"""Flows that are called in tests."""

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.json_types import is_number
from chaingraph.graph.kinds import number, record
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.testing import FlowDraft

CALLED = "V2called"


class Doubling(NodeType, title="Doubling", category="test", pure=True):
    """Twice `n`, or the element; negative numbers are refused."""

    given = Input(record(schema_is_mutable=True))
    result = Output(record(schema_is_mutable=True))
    milliseconds = Input(number())

    async def run(self, scope: Scope) -> None:
        n = self.given.get("n", self.given.get("element"))
        if not is_number(n) or n < 0:
            raise Rejected(f"{n} is refused")
        if self.milliseconds:
            await scope.sleep(self.milliseconds / 1000)
        self.result = {"twice": n * 2}


def doubling(*, milliseconds: float = 0) -> FlowDraft:
    """Returns `twice`, after a while."""
    draft = FlowDraft()
    draft.add("SubFlowInputNode", node_id="in")
    draft.add(Doubling, {"milliseconds": milliseconds}, node_id="double")
    draft.add("SubFlowOutputNode", node_id="out")
    draft.join("in.inputs", "double.given")
    draft.join("double.result", "out.outputs")
    return draft


def calling(flow_id: str = CALLED, **inputs: object) -> FlowDraft:
    """One node, that calls a flow."""
    draft = FlowDraft([Doubling])
    draft.add("CallFlowNode", {"flowId": flow_id, "inputs": inputs}, node_id="call")
    return draft


def for_each(elements: list[object], **values: object) -> FlowDraft:
    """One node, that calls a flow for each of them."""
    draft = FlowDraft([Doubling])
    draft.add("ForEachFlowNode", {"flowId": CALLED, "elements": elements, **values}, node_id="each")
    return draft


def passing_on() -> FlowDraft:
    """Calls another flow with its own inputs, and returns what that returns."""
    draft = FlowDraft([Doubling])
    draft.add("SubFlowInputNode", node_id="in")
    draft.add("CallFlowNode", {"flowId": CALLED}, node_id="call")
    draft.add("SubFlowOutputNode", node_id="out")
    draft.join("in.inputs", "call.inputs")
    draft.join("call.outputs", "out.outputs")
    return draft


def calling_itself(flow_id: str) -> FlowDraft:
    draft = FlowDraft([Doubling])
    draft.add("CallFlowNode", {"flowId": flow_id}, node_id="call")
    return draft
