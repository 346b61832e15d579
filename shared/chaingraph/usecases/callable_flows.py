"""The flows that the nodes of a flow may call, and those that these may call: pinned at create."""

from collections.abc import Iterable
from typing import Final

from chaingraph.errors import Forbidden, NotFound, Problem, Rejected, rejected
from chaingraph.execution.calls import PinnedFlow
from chaingraph.graph.flow import Flow, Node
from chaingraph.ids import FlowId, PortId
from chaingraph.interfaces import CallableFlow, Flows, StoredFlow, User
from chaingraph.usecases.access import permitted_flow
from chaingraph.usecases.checked_flows import CheckedFlows, flow_hash

MOST_FLOWS: Final = 100


async def callable_flows(
    stored: StoredFlow, user: User, *, flows: Flows, checked_flows: CheckedFlows
) -> list[CallableFlow]:
    """Flows may call each other in circles. Raises Rejected with every call that cannot be made."""
    flow = checked_flows.flow(stored.document)
    if not any(node.definition.flow_port for node in flow.nodes):
        return []
    search = _Search(user, flows, checked_flows)
    search.found[stored.id] = _callable(stored, flow)
    await search.follow(flow, "")
    if search.problems:
        raise rejected(search.problems)
    return list(search.found.values())


class _Search:
    def __init__(self, user: User, flows: Flows, checked_flows: CheckedFlows) -> None:
        self.found: dict[FlowId, CallableFlow] = {}
        self.problems: list[Problem] = []
        self._user = user
        self._flows = flows
        self._checked_flows = checked_flows

    async def follow(self, flow: Flow, path: str) -> None:
        for node in flow.nodes:
            if node.definition.flow_port:
                place = f"{path}nodes[{node.id}].{node.definition.flow_port}"
                called = _called(flow, node, place, self.problems)
                if called is not None and called not in self.found:
                    await self._add(called, place)

    async def _add(self, flow_id: FlowId, place: str) -> None:
        if len(self.found) >= MOST_FLOWS:
            self.problems.append(Problem(place, f"at most {MOST_FLOWS} flows can be called in one execution"))
            return
        try:
            stored = await permitted_flow(flow_id, self._user, flows=self._flows)
            flow = self._checked_flows.flow(stored.document)
        except (NotFound, Forbidden):
            self.problems.append(Problem(place, f"there is no flow {flow_id!r} of yours"))
        except Rejected as refusal:
            self.problems.extend(_within(place, flow_id, refusal))
        else:
            self.found[flow_id] = _callable(stored, flow)
            await self.follow(flow, f"{place} → {flow_id}: ")


def _called(flow: Flow, node: Node, place: str, problems: list[Problem]) -> FlowId | None:
    port = PortId(node.definition.flow_port)
    if any(edge.target_node == node.id and edge.target_port == port for edge in flow.edges):
        problems.append(Problem(place, "the flow to be called cannot come over an edge"))
        return None
    called = node.values.get(port)
    if not isinstance(called, str) or not called:
        problems.append(Problem(place, "says which flow is called, and is empty"))
        return None
    return FlowId(called)


def _within(place: str, flow_id: FlowId, refusal: Rejected) -> Iterable[Problem]:
    problems = refusal.problems or [Problem("", refusal.message)]
    return [Problem(f"{place} → {flow_id}: {problem.path}", problem.message) for problem in problems]


def _callable(stored: StoredFlow, flow: Flow) -> CallableFlow:
    return CallableFlow(PinnedFlow(stored.id, flow_hash(stored.document), flow.metadata), stored.document)
