from collections.abc import Callable, Sequence
from dataclasses import replace

from chaingraph.errors import Conflict, NotFound, WrongStatus
from chaingraph.execution.commands import HOLDING, Command, CommandKind, Reach
from chaingraph.execution.commits import NewChild
from chaingraph.execution.events import Event
from chaingraph.execution.execution import Execution, NewExecution
from chaingraph.execution.status import Status, is_final
from chaingraph.execution.waiting import SILENT
from chaingraph.ids import ExecutionId, FlowHash, FlowId, NodeId, UserId
from chaingraph.interfaces import Created, Idempotency, Keyed, Page, RootExecution
from tests.fakes.pages import paged
from tests.fakes.world import Record, World


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
    ) -> Created:
        existing = self._existing(new, idempotency)
        if existing is None:
            self._world.documents.setdefault(new.flow_hash, document)
            self._world.pinned_at.setdefault(new.flow_hash, self._world.clock.now())
            self._world.insert(new, created, idempotency)
            self._world.insert_children(children)
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
        clears = command.kind is CommandKind.RESUME and execution.status is Status.RUNNING
        pending = None if clears else command
        reach = command.reach if command.kind in HOLDING else Reach.ALONE
        now = self._world.clock.now()
        record.execution = replace(execution, command=pending, reach=reach, updated_at=now)
        record.signal_seq += 1

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
        """While somebody works on it, it waits for nothing."""
        lease = record.lease_expires_at
        if lease is None:
            return record.execution
        is_over = lease < self._world.clock.now()
        waiting = {"kind": "retrying", "detail": SILENT} if is_over else None
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
            return (execution.status, pending) == (Status.RUNNING, None)
        case CommandKind.RESUME:
            return (execution.status, pending) in RESUMABLE
        case CommandKind.STEP | CommandKind.STEP_OVER:
            return (execution.status, pending) == (Status.PAUSED, None)


RESUMABLE = {(Status.PAUSED, None), (Status.RUNNING, CommandKind.PAUSE)}


def _wrong_status(execution: Execution) -> WrongStatus:
    pending = f" and has a pending {execution.command.kind}" if execution.command else ""
    return WrongStatus(f"execution {execution.id} is {execution.status}{pending}")
