"""The engine stores what the fold expects: the last snapshot of every node shows how the node ended."""

import asyncio
import itertools
from pathlib import Path

import orjson
import pytest

from chaingraph.engine.checkpoint import stored_values
from chaingraph.engine.identity import RunIdentity, TreeLimits
from chaingraph.engine.in_memory import run_in_memory
from chaingraph.engine.node_run import NodeRun
from chaingraph.engine.plan import plan_of
from chaingraph.engine.recorder import Record
from chaingraph.execution.events import Event
from chaingraph.graph.document import load_flow
from chaingraph.graph.flow import Flow
from chaingraph.ids import ExecutionId, FlowId, UserId
from chaingraph.nodes.built_in import built_in_node_types
from chaingraph.wire.snapshots import Snapshots
from chaingraph.wire.values import Json
from tests.conformance.case import Case, read_case

CASES = Path(__file__).parents[2] / "conformance" / "cases"
SHOWN = (
    "branch-true",
    "basic-values",
    "math-errors",
    "error-port-consumers",
    "object-child-source",
    "ping-child",
)
ROOT = ExecutionId("EX1")
ENDS = {"node:completed", "node:failed"}


@pytest.mark.parametrize("name", SHOWN)
def test_the_last_snapshot_of_a_node_shows_its_end(name: str) -> None:
    case = read_case(CASES / f"{name}.json")
    flow = load_flow(orjson.dumps(case.document), built_in_node_types())

    events, nodes = _run(case, flow)
    snapshots = Snapshots(flow.document)
    expanded = [(event, orjson.loads(snapshots.expand(event))["json"]) for event in events]

    ended: dict[str, dict[str, Json]] = {
        json["node"]["id"]: json["node"] for event, json in expanded if event.type in ENDS
    }
    assert ended
    for node_id, node in ended.items():
        assert _seen(node) == _real(nodes[node_id])


def _run(case: Case, flow: Flow) -> tuple[list[Event], dict[str, NodeRun]]:
    events: list[Event] = []

    def collect(identity: RunIdentity, record: Record) -> None:
        if identity.execution_id == ROOT:
            events.extend(record.events)

    ticks = itertools.count(1_767_600_000_000)
    ended = run_in_memory(
        plan_of(flow),
        identity=_identity(case, flow),
        options=case.options,
        limits=TreeLimits(),
        clock=lambda: next(ticks),
        on_record=collect,
    )
    return events, {str(node.plan.node.id): node for node in asyncio.run(ended).run.nodes}


def _identity(case: Case, flow: Flow) -> RunIdentity:
    return RunIdentity(
        execution_id=ROOT,
        root_id=ROOT,
        parent_id=None,
        flow_id=FlowId(flow.id),
        owner_id=UserId("USR1"),
        depth=0,
        integration={},
        external_event=case.event,
    )


def _seen(node: dict[str, Json]) -> dict[str, object]:
    ports: list[dict[str, Json]] = orjson.loads(orjson.dumps(node["ports"]))
    system: dict[str, dict[str, Json]] = orjson.loads(orjson.dumps(node["systemPorts"]))
    return {
        "status": node["status"],
        "values": {_port_id(port): port["value"] for port in ports if port.get("value") is not None},
        "system": [port.get("value") for port in system.values()],
    }


def _port_id(port: dict[str, Json]) -> str:
    config: dict[str, str] = orjson.loads(orjson.dumps(port["config"]))
    return config["id"]


def _real(node: NodeRun) -> dict[str, object]:
    values: dict[str, Json] = orjson.loads(orjson.dumps(stored_values(node)))
    return {
        "status": node.status,
        "values": {port: value for port, value in values.items() if value is not None},
        "system": list(node.system),
    }
