from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import orjson

from chaingraph.errors import Conflict, NotFound, WrongStatus
from chaingraph.execution.calls import CallEnd, PinnedFlow
from chaingraph.execution.commands import HOLDING, STEPS, Command, CommandKind, Reach
from chaingraph.execution.commits import NewChild
from chaingraph.execution.events import Event
from chaingraph.execution.execution import Execution, NewExecution
from chaingraph.execution.status import Status, is_final
from chaingraph.execution.waiting import while_claimed
from chaingraph.graph.outside import CallFailed, Returned
from chaingraph.ids import ExecutionId, FlowHash, FlowId, NodeId, UserId
from chaingraph.interfaces import CallableFlow, Created, Idempotency, Keyed, Page, RootExecution
from tests.fakes.pages import paged
from tests.fakes.world import DIED_SILENTLY, Record, World


class FakeExecutions:
    def __init__(self, world: World) -> None:
        self._world = world

    async def create(
        self,
        new: NewExecution,
        *,
        document: bytes,
        created: Event,
        idempotency: Idempotency | None,
        children: Sequence[NewChild] = (),
        callable_flows: Sequence[CallableFlow] = (),
    ) -> Created:
        existing = self._existing(new, idempotency)
        if existing is None:
            self._world.documents.setdefault(new.flow_hash, document)
            self._world.pinned_at.setdefault(new.flow_hash, self._world.clock.now())
            self._world.insert(new, created, idempotency)
            self._world.insert_children(children)
            self._pin(new.id, callable_flows)
            return Created(new.id, is_new=True)
        if existing.idempotency != idempotency:
            raise Conflict("the idempotency key was used with another request")
        return Created(existing.execution.id, is_new=existing.execution.id == new.id)

    async def keyed(self, owner_id: UserId, key: str) -> Keyed | None:
        for record in self._world.records.values():
            known = record.idempotency
            if known is not None and (record.execution.owner_id, known.key) == (owner_id, key):
                return Keyed(record.execution.id, known.request_hash)
        return None

    async def read(self, execution_id: ExecutionId) -> Execution:
        return self._shown(self._world.record(execution_id))

    async def start(self, execution_id: ExecutionId) -> None:
        record = self._world.record(execution_id)
        execution = record.execution
        if execution.status is not Status.CREATED or execution.command:
            raise _wrong_status(execution)
        now = self._world.clock.now()
        record.execution = replace(execution, status=Status.RUNNING, started_at=now, updated_at=now)
        record.signal_seq += 1

    async def command(self, execution_id: ExecutionId, command: Command) -> None:
        record = self._world.record(execution_id)
        execution = record.execution
        if not _is_allowed(command.kind, execution):
            raise _wrong_status(execution)
        clears = (command.kind, execution.status) in CLEARING
        reach = command.reach if command.kind in HOLDING else Reach.ALONE
        pending = None if clears else replace(command, reach=reach)
        now = self._world.clock.now()
        record.signal_seq += 1
        unfinished = execution.unfinished_resume
        if command.reach is Reach.TREE:
            unfinished = record.signal_seq if command.kind is CommandKind.RESUME else None
        record.execution = replace(
            execution, command=pending, reach=reach, unfinished_resume=unfinished, updated_at=now
        )

    async def finish_resume(self, execution_id: ExecutionId, number: int) -> None:
        record = self._world.records.get(execution_id)
        if record is not None and record.execution.unfinished_resume == number:
            record.execution = replace(record.execution, unfinished_resume=None)

    async def set_breakpoint(self, execution_id: ExecutionId, node_id: NodeId) -> None:
        self._change_breakpoints(execution_id, lambda nodes: (*without(nodes, node_id), node_id))

    async def clear_breakpoint(self, execution_id: ExecutionId, node_id: NodeId) -> None:
        self._change_breakpoints(execution_id, lambda nodes: without(nodes, node_id))

    def _change_breakpoints(
        self, execution_id: ExecutionId, change: Callable[[tuple[str, ...]], tuple[str, ...]]
    ) -> None:
        record = self._world.record(execution_id)
        if is_final(record.execution.status):
            raise _wrong_status(record.execution)
        options = record.execution.options
        changed = options.model_copy(update={"breakpoints": change(options.breakpoints)})
        record.execution = replace(record.execution, options=changed, updated_at=self._world.clock.now())
        record.signal_seq += 1

    async def tree(self, root_id: ExecutionId) -> list[Execution]:
        found = [execution for execution in self._all() if execution.root_id == root_id]
        return sorted(found, key=lambda execution: (execution.depth, execution.id))

    async def children(self, parent_id: ExecutionId) -> list[Execution]:
        found = [execution for execution in self._all() if execution.parent_id == parent_id]
        return sorted(found, key=lambda execution: (execution.created_at, execution.id))

    async def callable_flows(self, root_id: ExecutionId) -> Mapping[FlowId, PinnedFlow]:
        return self._world.callable_flows.get(root_id, {})

    async def call_ends(self, parent_id: ExecutionId) -> Mapping[ExecutionId, CallEnd]:
        return {
            child.id: _call_end(self._world.record(child.id))
            for child in await self.children(parent_id)
            if child.is_called and is_final(child.status)
        }

    async def told(self, child_id: ExecutionId) -> None:
        if child_id in self._world.records:
            self._world.records[child_id].tells_caller = False

    def _pin(self, root_id: ExecutionId, callable_flows: Sequence[CallableFlow]) -> None:
        for flow in callable_flows:
            self._world.documents.setdefault(flow.pinned.flow_hash, flow.document)
            self._world.pinned_at[flow.pinned.flow_hash] = self._world.clock.now()
            self._world.callable_flows.setdefault(root_id, {})[flow.pinned.flow_id] = flow.pinned

    async def roots(self, flow_id: FlowId, page: Page) -> list[RootExecution]:
        roots = [
            execution for execution in self._all() if execution.flow_id == flow_id and execution.depth == 0
        ]
        return [await self._with_tree(root) for root in paged(roots, page)]

    async def list_of(self, owner_id: UserId | None, page: Page, status: Status | None) -> list[Execution]:
        found = [
            execution
            for execution in self._all()
            if owner_id in (None, execution.owner_id) and status in (None, execution.status)
        ]
        return paged(found, page)

    async def pinned_document(self, flow_hash: FlowHash) -> bytes:
        if flow_hash not in self._world.documents:
            raise NotFound(f"there is no pinned flow {flow_hash}")
        return self._world.documents[flow_hash]

    def _all(self) -> list[Execution]:
        return [self._shown(record) for record in self._world.records.values()]

    def _shown(self, record: Record) -> Execution:
        lease = record.lease_expires_at
        if lease is None:
            return record.execution
        is_over = lease < self._world.clock.now()
        waiting = DIED_SILENTLY if is_over else while_claimed(record.execution.waiting)
        return replace(record.execution, waiting=waiting)

    def _existing(self, new: NewExecution, idempotency: Idempotency | None) -> Record | None:
        for record in self._world.records.values():
            owner, key = record.execution.owner_id, record.idempotency
            if idempotency and key and (owner, key.key) == (new.owner_id, idempotency.key):
                return record
        return self._world.records.get(new.id)

    async def _with_tree(self, root: Execution) -> RootExecution:
        tree = await self.tree(root.id)
        return RootExecution(root, levels=max(execution.depth for execution in tree), total_nested=len(tree))


def without(nodes: tuple[str, ...], node_id: str) -> tuple[str, ...]:
    return tuple(node for node in nodes if node != node_id)


def _is_allowed(kind: CommandKind, execution: Execution) -> bool:
    pending = execution.command.kind if execution.command else None
    match kind:
        case CommandKind.STOP:
            return not is_final(execution.status) and pending is not CommandKind.STOP
        case CommandKind.PAUSE:
            return (execution.status, pending) in PAUSABLE
        case CommandKind.RESUME:
            return (execution.status, pending) in RESUMABLE
        case CommandKind.STEP | CommandKind.STEP_OVER:
            return (execution.status, pending) == (Status.PAUSED, None)


CLEARING = {(CommandKind.RESUME, Status.RUNNING), (CommandKind.PAUSE, Status.PAUSED)}
PAUSABLE = {
    (Status.RUNNING, None),
    *((status, step) for status in (Status.RUNNING, Status.PAUSED) for step in STEPS),
    (Status.PAUSED, CommandKind.RESUME),
}
RESUMABLE = {(Status.PAUSED, None), (Status.RUNNING, CommandKind.PAUSE)}


def _wrong_status(execution: Execution) -> WrongStatus:
    pending = f" and has a pending {execution.command.kind}" if execution.command else ""
    return WrongStatus(f"execution {execution.id} is {execution.status}{pending}")


def _call_end(record: Record) -> CallEnd:
    execution = record.execution
    if execution.status is Status.COMPLETED:
        return Returned(orjson.loads(record.outputs) if record.outputs else {})
    return CallFailed(execution.error_message or execution.status)
