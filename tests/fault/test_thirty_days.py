"""A flow of thirty days: sleeps, attempts with long pauses in between, and a week for which it is paused.

The tasks of the functions, the definition of the workflow and its interpreter, on virtual time.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from chaingraph.execution.commands import Command, CommandKind
from chaingraph.execution.execution import Execution
from chaingraph.execution.status import is_final
from chaingraph.graph.json_types import JsonObject, is_list, is_object
from chaingraph.ids import EventIndex, ExecutionId
from chaingraph.testing.virtual_time import VirtualLoop
from chaingraph.usecases.command_execution import Post, command_tree
from tests.fault.client import created, started
from tests.fault.director import OWNER
from tests.fault.faults import Fault, Kind, Schedule
from tests.fault.fifty_nodes import edges_of, flow_document
from tests.fault.reporting import Survived
from tests.fault.simulation import System

pytestmark = pytest.mark.timeout(300)

DAY = 24 * 3600.0
SWEEP_SECONDS = 6 * 3600.0
RETRY = {"maxAttempts": 5, "backoffMs": 6 * 3_600_000, "factor": 2, "maxBackoffMs": 24 * 3_600_000}
NODES: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "start": ("Plus", {"a": 1, "b": 1}),
    "first": ("Naps", {"seconds": 6 * DAY}),
    "tries": ("Breaks", {}),
    "rescued": ("Length", {}),
    "second": ("Naps", {"seconds": 6 * DAY}),
    "pays": ("Charges", {}),
    "emits": ("Emits", {"name": "order"}),
    "third": ("Naps", {"seconds": 13 * DAY}),
    "last": ("Charges", {}),
    "hears": ("EventListenerNodeV2", {"eventName": "order"}),
    "child": ("Hears", {}),
    "naps": ("Naps", {"seconds": 12 * DAY}),
    "charges": ("Charges", {}),
}
EDGES = """
start.result -> first.a     first.result -> tries.a    tries.__errorMessage -> rescued.text
rescued.result -> second.a  second.result -> pays.a    pays.result -> emits.a
emits.result -> third.a     third.result -> last.a     hears.__success -> child.__execute
child.result -> naps.a      naps.result -> charges.a
"""


def thirty_days() -> JsonObject:
    document = flow_document(NODES, edges_of(EDGES))
    nodes = document["nodes"]
    for node in nodes if is_list(nodes) else []:
        if is_object(node) and node["id"] == "tries" and is_object(metadata := node["metadata"]):
            metadata["retry"] = {**RETRY, "jitter": False}
    return document


class Patient(System):
    """The sweep looks four times a day, so that a month is soon over."""

    async def run(self) -> None:
        while True:
            life = asyncio.create_task(self.workflow.serve(sweep_seconds=SWEEP_SECONDS))
            try:
                await asyncio.wait([life])
            finally:
                life.cancel()
            await asyncio.sleep(1)


@dataclass
class Month:
    """What is left of it. `invoked`: how often each function was; `days`: from the start to the last end."""

    tree: list[Execution] = field(default_factory=list[Execution])
    types: list[str] = field(default_factory=list[str])
    bodies: Counter[str] = field(default_factory=Counter[str])
    violations: list[str] = field(default_factory=list[str])
    invoked: Counter[str] = field(default_factory=Counter[str])
    days: float = 0.0


def month(schedule: Schedule) -> Month:
    random.seed(1)  # the delays of the workflow's retries
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_month(Counting(thirty_days(), schedule)))


class Counting(Patient):
    def __post_init__(self) -> None:
        self.invoked = Counter[str]()
        super().__post_init__()

    async def invoke(self, function: str, payload: object) -> object:
        self.invoked[function] += 1
        return await super().invoke(function, payload)


async def _month(system: Counting) -> Month:
    running = asyncio.create_task(system.run())
    try:
        root_id = await created(system, await system.store_flow())
        await started(system, root_id)
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(10 * DAY)
        await _command(system, root_id, CommandKind.PAUSE)
        await asyncio.sleep(7 * DAY)
        await _command(system, root_id, CommandKind.RESUME)
        await _all_ended(system)
        return await _told(system, root_id, asyncio.get_running_loop().time() - began)
    finally:
        running.cancel()
        await asyncio.wait([running])


async def _command(system: System, root_id: ExecutionId, kind: CommandKind) -> None:
    whole = system.stores.whole
    post = Post(whole.executions, whole.mailbox, system.workflow)
    await command_tree(root_id, Command(kind, OWNER.id, "holidays"), OWNER, post=post)


async def _all_ended(system: System) -> None:
    async with asyncio.timeout(60 * DAY):
        while not all(  # noqa: ASYNC110 - rows are no events
            is_final(execution.status) for execution in await system.stores.executions()
        ):
            await asyncio.sleep(60)


async def _told(system: Counting, root_id: ExecutionId, seconds: float) -> Month:
    whole = system.stores.whole
    log = await whole.event_log.read(root_id, after=EventIndex(-2), limit=10_000)
    assert [event.index for event in log] == list(range(-1, len(log) - 1))
    return Month(
        tree=await whole.executions.tree(root_id),
        types=[event.type for event in log],
        bodies=Counter(run.node_id for run in system.watch.ledger.runs),
        violations=[*system.watch.violations, *system.watch.ledger.violations],
        invoked=system.invoked,
        days=seconds / DAY,
    )


def flow_events(types: Iterable[str]) -> list[str]:
    return [type_ for type_ in types if type_.startswith(("flow:", "child:"))]


STORY = [
    "flow:started",
    "flow:paused",
    "flow:resumed",
    "child:spawned",
    "child:completed",
    "flow:completed",
]


def test_a_flow_of_thirty_days_ends_on_the_thirtieth_and_costs_a_few_slices() -> None:
    seen = month(Schedule())

    assert 30 <= seen.days < 30 + timedelta(minutes=5) / timedelta(days=1)
    assert [execution.status for execution in seen.tree] == ["completed", "completed"]
    assert flow_events(seen.types) == STORY
    assert seen.types[-1] == "flow:completed"
    assert seen.violations == []
    assert seen.bodies["tries"] == RETRY["maxAttempts"]
    assert {seen.bodies[node] for node in ("pays", "last", "charges")} == {1}
    assert seen.invoked["run_flow"] < 25
    assert max(execution.active_ms for execution in seen.tree) < 60_000


@pytest.mark.parametrize(
    "kind", [Kind.CRASH_AFTER, Kind.WORKFLOW_KILLED, Kind.OUTAGE, Kind.REPLY_LOST, Kind.RUN_ENDED_BEFORE]
)
def test_a_fault_on_many_days_changes_no_end_of_the_month(kind: Kind, survived: Survived) -> None:
    schedule = Schedule(
        tuple(Fault(call, kind) for call in range(20, 2000, 37)), frozenset({"commit", "keep"})
    )
    schedule = Schedule(tuple(Fault(call, kind) for call in range(7, 200, 9)), schedule.calls)

    seen = month(schedule)

    assert [execution.status for execution in seen.tree] == ["completed", "completed"]
    assert flow_events(seen.types) == STORY
    assert seen.violations == []
    assert 30 <= seen.days < 31.5
    assert len(schedule.injected) > 2
    survived(fault.kind for fault in schedule.injected)
