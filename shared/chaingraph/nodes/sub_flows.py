"""Flows that call other flows: what they are given, what they return, one call, one call for each element."""

from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.json_types import JsonObject
from chaingraph.graph.kinds import any_value, array, enum, number, record, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.outside import Call, CallFailed, Returned
from chaingraph.graph.values import updated
from chaingraph.nodes.flow_control import CATEGORY

FLOW = "Id of the flow to be called; it is fixed when the execution is created, and cannot come over an edge"
FAIL: Final = "fail"
CONTINUE: Final = "continue"


class SubFlowInputNode(NodeType, title="Sub-Flow Input", category=CATEGORY, pure=True):
    """Gives what this flow was called with: its fields are the inputs of the flow.

    A field that the caller does not give keeps its stored value, also where nobody has called.
    """

    inputs = Output(record(schema_is_mutable=True))

    def run(self, scope: Scope) -> None:
        self.inputs = updated(scope.port_config("inputs"), self.inputs, dict(scope.inputs))


class SubFlowOutputNode(
    NodeType, title="Sub-Flow Output", category=CATEGORY, pure=True, return_port="outputs"
):
    """Its fields are what this flow returns to its caller."""

    outputs = Input(record(schema_is_mutable=True))

    def run(self, scope: Scope) -> None:
        """The values that have come are the ones that are returned."""


class CallFlowNode(NodeType, title="Call Flow", category=CATEGORY, pure=True, flow_port="flowId"):
    """Runs another flow as a child execution, and gives what it returns.

    It fails where a node of the called flow fails whose failure nobody handles. Waiting costs nothing.
    """

    flow_id = Input(string(), description=FLOW)
    inputs = Input(record(schema_is_mutable=True), description="By the names of the flow's inputs")
    outputs = Output(record(schema_is_mutable=True), description="By the names of the flow's outputs")

    async def run(self, scope: Scope) -> None:
        call = scope.call(self.flow_id, self.inputs)
        ended = (await scope.first_ended([call]))[call]
        if isinstance(ended, CallFailed):
            raise Rejected(f"flow {self.flow_id} failed: {ended.message}")
        self.outputs = updated(scope.port_config("outputs"), self.outputs, dict(ended.values))


class ForEachFlowNode(NodeType, title="For Each", category=CATEGORY, pure=True, flow_port="flowId"):
    """Runs another flow for each element of a list, some at once; the results are in the list's order.

    The flow gets `element` and its place `index` besides the inputs that are the same for all. With `fail`
    the first failure fails the node and no more are begun, those that run come to their end; with `continue`
    a failed element has null as its result and an entry in `errors`.
    """

    elements = Input(array(any_value(), schema_is_mutable=True))
    flow_id = Input(string(), description=FLOW)
    inputs = Input(record(schema_is_mutable=True), description="The same for every element")
    concurrency = Input(number(default=5, minimum=1, maximum=100, integer=True), description="Calls at once")
    on_failure = Input(enum((FAIL, CONTINUE), default=FAIL))
    results = Output(array(any_value(), schema_is_mutable=True), description="What each call has returned")
    errors = Output(
        array(record({"index": number(), "message": string()})), description="The elements that have failed"
    )

    async def run(self, scope: Scope) -> None:
        ends = await self._all_ended(scope)
        self.results = [_returned(ends[place]) for place in range(len(self.elements))]
        self.errors = [
            {"index": place, "message": end.message}
            for place, end in sorted(ends.items())
            if isinstance(end, CallFailed)
        ]

    async def _all_ended(self, scope: Scope) -> dict[int, Returned | CallFailed]:
        waiting = list(range(len(self.elements)))
        running: dict[Call, int] = {}
        ends: dict[int, Returned | CallFailed] = {}
        while waiting or running:
            while waiting and len(running) < max(1, int(self.concurrency)):
                place = waiting.pop(0)
                running[self._call(scope, place)] = place
            for call, end in (await scope.first_ended(running)).items():
                place = running.pop(call)
                ends[place] = self._accepted(place, end)
        return ends

    def _call(self, scope: Scope, place: int) -> Call:
        inputs: JsonObject = {**self.inputs, "element": self.elements[place], "index": place}
        return scope.call(self.flow_id, inputs, str(place))

    def _accepted(self, place: int, end: Returned | CallFailed) -> Returned | CallFailed:
        if isinstance(end, CallFailed) and self.on_failure != CONTINUE:
            raise Rejected(f"flow {self.flow_id} failed for element {place}: {end.message}")
        return end


def _returned(end: Returned | CallFailed) -> object:
    return None if isinstance(end, CallFailed) else dict(end.values)


NODE_TYPES = (SubFlowInputNode, SubFlowOutputNode, CallFlowNode, ForEachFlowNode)
