"""One tree of executions in a real database, at which everybody goes at once.

That is: several clients of the HTTP API, the sweep, the news of ended workflow runs, and the engine.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, LiteralString

import orjson
from psycopg.rows import class_row

from chaingraph.execution.events import CREATED_INDEX
from chaingraph.execution.execution import Execution
from chaingraph.execution.slots import SlotLimits
from chaingraph.execution.status import Status, is_final
from chaingraph.graph.catalogue import new_node_document
from chaingraph.graph.document import load_flow
from chaingraph.graph.json_types import JsonObject
from chaingraph.graph.node_types import NodeTypes
from chaingraph.ids import ConnectionId, ExecutionId, WorkerId
from chaingraph.interfaces import User
from chaingraph.nodes.events import EventListener
from chaingraph.postgres.connections import PostgresConnections
from chaingraph.postgres.database import Database
from chaingraph.postgres.flows import PostgresFlows
from chaingraph.postgres.overdue import PostgresOverdue
from chaingraph.postgres.subscriptions import PostgresSubscriptions
from chaingraph.usecases.call_next import call_next
from chaingraph.usecases.checked_flows import CheckedFlows
from chaingraph.usecases.connect import KnownUsers
from chaingraph.usecases.take_over import Rescuer, take_over_ended, take_over_stalled
from chaingraph.usecases.wake_up import wake_up
from functions.control.adapters import ControlAdapters
from tests.fakes.identities import FakeIdentities
from tests.fakes.posts import FakePosts
from tests.flows import World, edge, node_types
from tests.functions.api import TOKENS, HttpAnswer, send_http
from tests.integration.executions import Clock, System, system
from tests.integration.living_workflows import LivingWorkflows
from tests.scene import rules

ONE: Final = "/v1/executions/{executionId}"
# More than the executions of the tree: some stand in line.
SLOTS: Final = SlotLimits(in_all=2, of_owner=2)
NO_GIVING_UP: Final = 1_000_000
NOT_YET: Final = ExecutionId("")
STEPS: Final = {"step": "wave", "stepOver": "node"}

# A root that spawns two children, each of which spawns one; `g…` are gates.
NODES: Final[Mapping[str, tuple[str, Mapping[str, object]]]] = {
    "g0": ("Gated", {}),
    "e0": ("Emits", {"name": "ping"}),
    "g1": ("Gated", {}),
    "e1": ("Emits", {"name": "ping"}),
    "g2": ("Gated", {}),
    "pings": ("EventListenerNodeV2", {"eventName": "ping"}),
    "g3": ("Gated", {}),
    "e2": ("Emits", {"name": "pong"}),
    "g4": ("Gated", {}),
    "pongs": ("EventListenerNodeV2", {"eventName": "pong"}),
    "g5": ("Gated", {}),
}
CHAINS: Final = (("g0", "e0", "g1", "e1", "g2"), ("pings", "g3", "e2", "g4"), ("pongs", "g5"))
GATES: Final = tuple(name for name, (type_, _) in NODES.items() if type_ == "Gated")
SETTLED_SECONDS: Final = 15.0

# Row and log of one moment, because one statement sees them.
STANDINGS: Final[LiteralString] = """
select e.id, e.parent_id, p.status, p.command, p.updated_at, e.options::text as options, (
    select json_agg(json_build_array(v.index, v.type) order by v.index) from chaingraph.events v
    where v.execution_id = e.id
) as log
from chaingraph.executions e join chaingraph.progress p on p.execution_id = e.id
where e.root_id = %(root_id)s order by e.depth, e.id
"""


@dataclass(frozen=True, slots=True)
class Standing:
    id: ExecutionId
    parent_id: ExecutionId | None
    status: str
    command: str | None
    updated_at: datetime
    options: str
    log: bytes

    @property
    def types(self) -> list[str]:
        events: list[tuple[int, str]] = orjson.loads(self.log)
        assert [index for index, _ in events] == list(range(CREATED_INDEX, len(events) + CREATED_INDEX))
        return [type_ for _, type_ in events]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a client was told. `reaches`: whether the command was for the descendants, too."""

    kind: str
    execution_id: ExecutionId
    reaches: bool
    answer: HttpAnswer

    @property
    def is_accepted(self) -> bool:
        return self.answer.status == 200


@dataclass
class Arena:
    """`answered`: what clients were told so far."""

    database: Database
    world: World
    executions: System
    control: ControlAdapters
    living: LivingWorkflows
    root_id: ExecutionId = NOT_YET
    flow_id: str = ""
    key: str = field(default_factory=lambda: secrets.token_hex(8))
    answered: list[Answered] = field(default_factory=list[Answered])

    # ------------------------------------------------------------ clients

    async def connect(self, connection_id: ConnectionId, user: User) -> None:
        connections = PostgresConnections(self.database)
        await connections.add(connection_id, user=user, announces_identity=False)

    async def create(self, **fields: object) -> None:
        stored = await send_http(self.control, "POST /v1/flows", body=flow_document())
        assert stored.status == 201, stored
        self.flow_id = stored.json["id"]
        self.root_id = ExecutionId((await self.ask_to_create(**fields)).json["executionId"])

    async def ask_to_create(self, **fields: object) -> HttpAnswer:
        asked = {"flowId": self.flow_id, "idempotencyKey": self.key, **fields}
        return await send_http(self.control, "POST /v1/executions", body=asked)

    async def command(self, kind: str, execution_id: ExecutionId, *, cascade: bool = True) -> Answered:
        body: dict[str, object] = {} if kind == "start" else {"cascade": cascade}
        if kind in STEPS:
            body = {"mode": STEPS[kind]}
        route = f"POST {ONE}/{'step' if kind in STEPS else kind}"
        return self._noted(kind, execution_id, await self._send(route, execution_id, body), reaches=cascade)

    async def breakpoint(self, verb: str, execution_id: ExecutionId, node_id: str) -> Answered:
        named = {"executionId": execution_id, "nodeId": node_id}
        answer = await send_http(self.control, f"{verb} {ONE}/breakpoints/{{nodeId}}", named)
        return self._noted(verb, execution_id, answer, reaches=False)

    async def delete_flow(self) -> HttpAnswer:
        return await send_http(self.control, "DELETE /v1/flows/{flowId}", {"flowId": self.flow_id})

    def accepted(self, kind: str, execution_id: ExecutionId) -> list[Answered]:
        return [
            each
            for each in self.answered
            if (each.kind, each.execution_id, each.is_accepted) == (kind, execution_id, True)
        ]

    async def _send(self, route: str, execution_id: ExecutionId, body: object) -> HttpAnswer:
        return await send_http(self.control, route, {"executionId": execution_id}, body=body)

    def _noted(self, kind: str, execution_id: ExecutionId, answer: HttpAnswer, *, reaches: bool) -> Answered:
        answered = Answered(kind, execution_id, reaches, answer)
        self.answered.append(answered)
        return answered

    # ------------------------------------------------------------ the system

    async def sweep(self) -> None:
        """As if everything it looks at were old."""
        outside, overdue = self.executions.outside, PostgresOverdue(self.database)
        for look in (overdue.unseen_signals, overdue.done_waiting):
            for execution_id in await look(older_than_ms=0, limit=100):
                await self.signal(execution_id)
        await take_over_stalled(older_than_ms=0, start_timeout_ms=0, rescuer=self._rescuer())
        await call_next(SLOTS, queue=outside.queue, mailbox=outside.mailbox, workflows=self.living)

    async def signal(self, execution_id: ExecutionId) -> None:
        """A wake-up that nobody needs."""
        mailbox = self.executions.outside.mailbox
        await mailbox.signal(execution_id)
        await wake_up(execution_id, mailbox=mailbox, workflows=self.living)

    async def told_of_an_end(self, execution_id: ExecutionId) -> None:
        """The news that its workflow run has ended, which may not be true."""
        run = (await self.executions.read(execution_id)).workflow_run
        await take_over_ended(execution_id, run, rescuer=self._rescuer())

    async def kill(self, execution_id: ExecutionId) -> None:
        """Whatever runs of it, without a word."""
        run = (await self.executions.read(execution_id)).workflow_run
        self.living.kill(execution_id, run)
        await self.told_of_an_end(execution_id)

    def open_gate(self, node_id: str) -> None:
        self.world.gate(node_id).set()

    def _rescuer(self) -> Rescuer:
        outside = replace(self.executions.outside, workflows=self.living)
        return Rescuer(outside, PostgresOverdue(self.database), WorkerId("sweep"), NO_GIVING_UP)

    # ------------------------------------------------------------ looking

    async def tree(self) -> list[Execution]:
        return await self.executions.outside.executions.tree(self.root_id)

    async def standings(self) -> list[Standing]:
        return await self.database.rows(STANDINGS, {"root_id": self.root_id}, class_row(Standing))

    async def until(self, is_true: Callable[[Iterable[Execution]], bool]) -> None:
        """With a sweep now and then. Raises TimeoutError."""
        async with asyncio.timeout(SETTLED_SECONDS):
            while not is_true(await self.tree()):
                await asyncio.sleep(0.02)
                await self.sweep()

    async def let_go(self) -> None:
        """Help everything that has not ended to its end."""
        for gate in GATES:
            self.open_gate(gate)
        async with asyncio.timeout(SETTLED_SECONDS):
            while left := [each for each in await self.tree() if not is_final(each.status)]:
                await asyncio.gather(*(self._push(each) for each in left))
                await self.sweep()
                await asyncio.sleep(0.02)

    async def _push(self, execution: Execution) -> None:
        if execution.status is Status.CREATED and execution.parent_id is None:
            await self.command("start", execution.id)
        if execution.status is Status.PAUSED:
            await self.command("resume", execution.id)

    async def close(self) -> None:
        await self.living.close()
        await self.database.close()


async def at_once(acts: Iterable[tuple[float, Callable[[], Awaitable[Any]]]]) -> list[Any]:
    """Each after its delay in seconds."""

    async def later(delay: float, act: Callable[[], Awaitable[Any]]) -> Any:
        await asyncio.sleep(delay)
        return await act()

    return await asyncio.gather(*(later(delay, act) for delay, act in acts))


def has_ended(tree: Iterable[Execution]) -> bool:
    return all(is_final(execution.status) for execution in tree)


def has_come_to_a_stand(tree: Iterable[Execution]) -> bool:
    return all(is_final(execution.status) or execution.status is Status.PAUSED for execution in tree)


def goes_on(tree: Iterable[Execution]) -> bool:
    """Nothing is paused, unless at a breakpoint."""
    return all(
        execution.status is not Status.PAUSED or (execution.waiting or {}).get("kind") == "breakpoint"
        for execution in tree
    )


async def new_arena(url: str) -> Arena:
    world = World()
    database = Database(url, sessions=8)
    executions = system(database, _types(world), Clock(time.time_ns() // 1_000_000))
    living = LivingWorkflows(executions, SLOTS)
    control = _control(database, executions, living, _types(world))
    return Arena(database, world, executions, control, living)


def _types(world: World) -> NodeTypes:
    return node_types(world).merged(NodeTypes.of(EventListener))


def flow_document() -> JsonObject:
    types = _types(World())
    follows = [(chain[place], chain[place + 1]) for chain in CHAINS for place in range(len(chain) - 1)]
    return {
        "metadata": {"name": "Races", "schemaVersion": "v2"},
        "nodes": [_node(types, node_id, type_, values) for node_id, (type_, values) in NODES.items()],
        "edges": [edge(f"{source}.__success", f"{target}.__execute") for source, target in follows],
    }


def _node(types: NodeTypes, node_id: str, type_: str, values: Mapping[str, object]) -> JsonObject:
    definition = types.get(type_)
    assert definition is not None
    document: dict[str, Any] = new_node_document(definition, node_id)
    for port in document["ports"]:
        if port["config"]["key"] in values:
            port["value"] = values[port["config"]["key"]]
    return document


def _control(
    database: Database, executions: System, living: LivingWorkflows, types: NodeTypes
) -> ControlAdapters:
    outside = executions.outside
    return ControlAdapters(
        flows=PostgresFlows(database),
        executions=outside.executions,
        event_log=outside.event_log,
        mailbox=outside.mailbox,
        queue=outside.queue,
        workflows=living,
        identities=FakeIdentities(TOKENS),
        users=KnownUsers(PostgresConnections(database)),
        subscriptions=PostgresSubscriptions(database),
        posts=FakePosts(),
        rules=replace(rules(), checked_flows=CheckedFlows(lambda document: load_flow(document, types))),
        catalogue=list,
        now=lambda: datetime.now(UTC),
        randomness=secrets.token_bytes,
    )
