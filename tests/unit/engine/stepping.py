"""A run driven by hand: one decision after the other, and a store of what it recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from chaingraph.engine.checkpoint import stored_values
from chaingraph.engine.dozing import Wanted
from chaingraph.engine.identity import RunIdentity, TreeLimits
from chaingraph.engine.node_run import NodeRun
from chaingraph.engine.plan import Plan, plan_of
from chaingraph.engine.recorder import Record, Recorder
from chaingraph.engine.run import Run
from chaingraph.engine.scope import NodeScope, Surroundings
from chaingraph.errors import Rejected
from chaingraph.execution.events import Event
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.options import ExecutionOptions
from chaingraph.execution.results import LoadedResult, StoredResult
from chaingraph.graph.document import load_flow
from chaingraph.ids import EventIndex, ExecutionId, FlowId, NodeId, UserId
from tests.flows import World, node_types


def compiled(document: Mapping[str, object], world: World | None = None) -> Plan:
    return plan_of(load_flow(orjson.dumps(document), node_types(world or World())))


def identity(event: ExternalEvent | None = None, depth: int = 0) -> RunIdentity:
    execution_id = ExecutionId("EXtest")
    return RunIdentity(
        execution_id=execution_id,
        root_id=execution_id,
        parent_id=None,
        flow_id=FlowId("V2test"),
        owner_id=UserId("ann"),
        depth=depth,
        integration={},
        external_event=event,
    )


@dataclass
class Store:
    """The log and the results as a database would have them."""

    events: list[Event] = field(default_factory=list[Event])
    results: dict[NodeId, StoredResult] = field(default_factory=dict[NodeId, StoredResult])

    def write(self, record: Record) -> None:
        assert record.first == len(self.events)
        self.events.extend(record.events)
        self.results |= {result.node_id: result for result in record.results}

    def loaded(self) -> list[LoadedResult]:
        return [
            LoadedResult(result.node_id, result.status, result.attempt, orjson.loads(result.detail))
            for result in self.results.values()
        ]

    def copy(self) -> "Store":
        return Store([*self.events], {**self.results})


def new_run(plan: Plan, store: Store, options: ExecutionOptions | None = None, **given: RunIdentity) -> Run:
    """A run that goes on from what the store has."""
    run = Run(
        plan,
        identity=given.get("identity", identity()),
        options=options or ExecutionOptions(),
        limits=TreeLimits(max_depth=5, max_children=3),
        recorder=Recorder(EventIndex(len(store.events))),
    )
    if store.events:
        run.restore(store.loaded(), ())
    else:
        run.begin(0)
    return run


def step(run: Run, ran: list[str] | None = None) -> bool:
    """Start the next node and run its body, which must compute at once. False: nothing was ready."""
    node = run.take(0)
    if node is None:
        return False
    if ran is not None:
        ran.append(node.plan.node.id)
    _run_body(run, node)
    return True


def _run_body(run: Run, node: NodeRun) -> None:
    scope = NodeScope(run, node, SURROUNDINGS)
    try:
        node.plan.node.definition(node.values).run(scope)
    except (Rejected, RuntimeError) as error:
        run.fail(node, str(error), 0)
    else:
        run.complete(node, 0)


async def _never(node: NodeRun, wanted: Wanted) -> None:
    raise AssertionError(f"{node.plan.node.id} waits for {wanted.reason}: its body must compute at once")


SURROUNDINGS = Surroundings(clock=lambda: 0, wrote=lambda: None, sent=lambda: None, doze=_never)


def finished(run: Run, store: Store, ran: list[str] | None = None) -> Run:
    """Run to the end, and write everything."""
    while step(run, ran):
        pass
    run.complete_flow(0, 0)
    store.write(run.recorder.take())
    return run


def final_values(run: Run) -> dict[str, object]:
    return {node.plan.node.id: (node.status, {**stored_values(node)}, [*node.system]) for node in run.nodes}


def traced(store: Store) -> list[tuple[str, object]]:
    """Type and subject of every event."""
    return [(event.type, _subject(orjson.loads(event.payload))) for event in store.events]


def _subject(payload: Mapping[str, object]) -> object:
    return payload.get("nodeId", payload.get("edgeId"))
