"""A child that begins after its parent was stopped, paused or failed, in a real database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, fields, replace

import orjson
import pytest

from chaingraph.execution.commands import Command, CommandKind, Reach
from chaingraph.execution.execution import Execution, NewExecution
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId, UserId
from chaingraph.interfaces import Executions, User
from chaingraph.usecases.command_execution import Post, command_tree
from chaingraph.usecases.create_execution import created_event
from tests.flows import document, edge, node
from tests.integration.arena import Arena, has_ended, new_arena
from tests.integration.executions import ANN, System

pytestmark = pytest.mark.anyio

BOB = UserId("bob")
FLOW = document([node("first", "Emits"), node("rest")], [edge("first.result", "rest.a")])


async def spawned(executions: System) -> tuple[ExecutionId, ExecutionId]:
    """A parent that waits for its child, which has not begun."""
    parent_id = await executions.started(FLOW)
    await executions.slice(parent_id)
    (child,) = await executions.outside.executions.children(parent_id)
    assert child.status is Status.CREATED
    return parent_id, child.id


async def command(
    executions: System, execution_id: ExecutionId, kind: CommandKind, reach: Reach = Reach.TREE
) -> None:
    """As whoever has read the tree before the child was there."""
    await executions.outside.executions.command(execution_id, Command(kind, BOB, f"{kind} it", reach))


async def began(executions: System, child_id: ExecutionId) -> Execution:
    await executions.slice(child_id)
    return await executions.read(child_id)


@pytest.mark.parametrize("parents_slices", [0, 1], ids=["pending", "obeyed"])
async def test_a_child_of_a_stopped_tree_does_not_begin(executions: System, parents_slices: int) -> None:
    parent_id, child_id = await spawned(executions)
    await command(executions, parent_id, CommandKind.STOP)
    for _ in range(parents_slices):
        await executions.slice(parent_id)

    child = await began(executions, child_id)

    assert (child.status, child.error_message) == (Status.STOPPED, "stop it")
    assert await executions.types(child_id) == ["execution:created", "flow:cancelled"]


@pytest.mark.parametrize("parents_slices", [0, 1], ids=["pending", "obeyed"])
async def test_a_child_of_a_paused_tree_pauses_before_its_first_node(
    executions: System, parents_slices: int
) -> None:
    parent_id, child_id = await spawned(executions)
    await command(executions, parent_id, CommandKind.PAUSE)
    for _ in range(parents_slices):
        await executions.slice(parent_id)

    child = await began(executions, child_id)
    paused = await executions.types(child_id)
    await command(executions, child_id, CommandKind.RESUME)
    await executions.slice(child_id)
    await executions.slice(child_id)

    assert (child.status, child.waiting) == (
        Status.PAUSED,
        {"kind": "paused", "detail": "pause it", "by": "bob"},
    )
    assert (paused[:2], paused[-1]) == (["execution:created", "flow:started"], "flow:paused")
    assert "node:started" not in paused
    assert (await executions.types(child_id))[-1] == "flow:completed"


@pytest.mark.parametrize("kind", [CommandKind.STOP, CommandKind.PAUSE])
async def test_what_was_for_the_parent_alone_leaves_the_child(executions: System, kind: CommandKind) -> None:
    parent_id, child_id = await spawned(executions)
    await command(executions, parent_id, kind, Reach.ALONE)
    await executions.slice(parent_id)

    assert (await began(executions, child_id)).status is Status.COMPLETED


async def test_a_child_begins_as_soon_as_its_parent_goes_on(executions: System) -> None:
    parent_id, child_id = await spawned(executions)
    await command(executions, parent_id, CommandKind.PAUSE)
    await executions.slice(parent_id)
    await command(executions, parent_id, CommandKind.RESUME)

    assert (await began(executions, child_id)).status is Status.COMPLETED


async def test_a_later_pause_at_a_breakpoint_is_not_for_the_children(executions: System) -> None:
    parent_id, child_id = await spawned(executions)
    await command(executions, parent_id, CommandKind.PAUSE)
    await executions.slice(parent_id)
    await command(executions, parent_id, CommandKind.STEP)

    assert (await executions.read(parent_id)).reach is Reach.ALONE
    assert (await began(executions, child_id)).status is Status.COMPLETED


async def grandchild(executions: System) -> tuple[ExecutionId, ExecutionId, ExecutionId]:
    """A root and its child, which both wait, and a grandchild that has not begun."""
    emits = [node("emits", "Emits"), node("rest")]
    parent_id = await executions.started(document(emits, [edge("emits.result", "rest.a")]))
    await executions.slice(parent_id)
    (child,) = await executions.outside.executions.children(parent_id)
    grandchild_id = ExecutionId(f"{child.id}-1")
    born = replace(new_of(child), id=grandchild_id, parent_id=child.id, depth=2)
    created = created_event(born, {}, 0)
    document_of_it = await executions.outside.executions.pinned_document(child.flow_hash)
    await executions.outside.executions.create(
        born, document=document_of_it, created=created, idempotency=None
    )
    return parent_id, child.id, grandchild_id


def new_of(execution: Execution) -> NewExecution:
    shared = {each.name for each in fields(NewExecution)} & {each.name for each in fields(execution)}
    return NewExecution(**{name: getattr(execution, name) for name in shared})


async def test_a_pause_of_a_tree_passes_by_a_parent_that_is_paused_by_itself(executions: System) -> None:
    root_id, child_id, grandchild_id = await grandchild(executions)
    await executions.outside.executions.start(child_id)
    await command(executions, child_id, CommandKind.PAUSE, Reach.ALONE)
    await executions.slice(child_id)
    await command(executions, root_id, CommandKind.PAUSE)

    assert (await began(executions, grandchild_id)).status is Status.PAUSED


async def test_a_parent_that_goes_on_by_itself_lets_its_children_begin(executions: System) -> None:
    root_id, child_id, grandchild_id = await grandchild(executions)
    await executions.outside.executions.start(child_id)
    await command(executions, root_id, CommandKind.PAUSE)

    assert (await began(executions, grandchild_id)).status is not Status.PAUSED


@dataclass
class ResumedMeanwhile:
    """Executions whose parent is resumed with its tree right after the child has looked at it."""

    executions: Executions
    parent_id: ExecutionId
    post: Post
    looks: int = 0

    async def read(self, execution_id: ExecutionId) -> Execution:
        seen = await self.executions.read(execution_id)
        if execution_id == self.parent_id and not self.looks:
            self.looks += 1
            resume = Command(CommandKind.RESUME, ANN, "")
            await command_tree(execution_id, resume, User(ANN, is_admin=False), post=self.post)
        return seen

    def __getattr__(self, name: str) -> object:
        return getattr(self.executions, name)


async def test_a_child_that_has_seen_the_pause_does_not_sleep_through_the_resume(executions: System) -> None:
    parent_id, child_id = await spawned(executions)
    await command(executions, parent_id, CommandKind.PAUSE)
    await executions.slice(parent_id)
    outside = executions.outside
    post = Post(outside.executions, outside.mailbox, executions.workflows)
    looking = ResumedMeanwhile(outside.executions, parent_id, post)

    racing = replace(executions, outside=replace(outside, executions=looking))
    await racing.slice(child_id)

    types = await executions.types(child_id)
    assert (looking.looks, types[-1], "flow:paused" in types) == (1, "flow:completed", False)


@pytest.fixture
async def arena(database_url: str) -> AsyncIterator[Arena]:
    arena = await new_arena(database_url)
    yield arena
    await arena.close()


EVENTS = [{"eventName": "ping", "payload": None}] * 3


async def ends(arena: Arena) -> set[tuple[Status, str]]:
    await arena.until(has_ended)
    return {(child.status, child.error_message or "") for child in (await arena.tree())[1:]}


async def test_children_of_a_root_that_was_not_started_in_time_never_begin(arena: Arena) -> None:
    await arena.create(events=EVENTS)
    arena.executions.clock.now_ms += 61_000
    await arena.signal(arena.root_id)

    assert await ends(arena) == {(Status.STOPPED, f"the parent execution {arena.root_id} is failed")}
    for standing in (await arena.standings())[1:]:
        assert standing.types == ["execution:created", "flow:cancelled"]


async def test_children_of_a_root_that_was_stopped_before_its_start_never_begin(arena: Arena) -> None:
    await arena.create(events=EVENTS)
    await arena.command("stop", arena.root_id, cascade=False)

    assert await ends(arena) == {(Status.STOPPED, f"the parent execution {arena.root_id} is stopped")}


async def test_the_reason_of_a_stop_is_that_of_the_whole_tree(arena: Arena) -> None:
    await arena.create(events=EVENTS)
    await arena.command("stop", arena.root_id)

    assert await ends(arena) == {(Status.STOPPED, "User requested stop")}
    children = (await arena.standings())[1:]
    assert {orjson.dumps(standing.types) for standing in children} == {
        orjson.dumps(["execution:created", "flow:cancelled"])
    }
