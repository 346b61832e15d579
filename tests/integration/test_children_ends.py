"""What the end of a child does to its parent, slice by slice in a real database."""

import orjson
import pytest

from chaingraph.execution.commands import CommandKind
from chaingraph.execution.options import ExecutionOptions, OnNodeFailure
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId
from tests.flows import document, node
from tests.integration.executions import System

pytestmark = pytest.mark.anyio

FLOW = document([node("one", "Emits"), node("two", "Emits", {"name": "pong"})])


async def waiting(executions: System, policy: OnNodeFailure) -> tuple[ExecutionId, list[ExecutionId]]:
    """A parent that waits for two children, neither of which has begun."""
    options = ExecutionOptions(on_node_failure=policy)
    parent_id = await executions.started(FLOW, options)
    await executions.slice(parent_id)
    return parent_id, [child.id for child in await executions.outside.executions.children(parent_id)]


async def stop(executions: System, child_id: ExecutionId) -> None:
    await executions.command(child_id, CommandKind.STOP)
    await executions.slice(child_id)


async def told(executions: System, parent_id: ExecutionId) -> list[tuple[str, object]]:
    """The ends of children in the parent's log, and its own."""
    return [
        (event.type, orjson.loads(event.payload).get("error"))
        for event in await executions.log(parent_id)
        if event.type in ("child:completed", "child:failed", "flow:completed", "flow:failed")
    ]


STOPPED = {"name": "Error", "message": "stop it"}


async def test_a_child_that_fails_is_noted_where_failures_do_not_end_the_flow(executions: System) -> None:
    parent_id, (first, second) = await waiting(executions, OnNodeFailure.CONTINUE)
    await stop(executions, first)
    before = await executions.slice(parent_id)
    await executions.slice(second)

    done = await executions.slice(parent_id)

    assert (before.next, done.next) == ("wait", "done")
    assert await told(executions, parent_id) == [
        ("child:failed", STOPPED),
        ("child:completed", None),
        ("flow:completed", None),
    ]


async def test_a_child_that_fails_fails_its_parent_where_the_options_say_so(executions: System) -> None:
    parent_id, (first, second) = await waiting(executions, OnNodeFailure.FAIL)
    await stop(executions, first)

    done = await executions.slice(parent_id)
    await executions.slice(second)

    row, sibling = await executions.read(parent_id), await executions.read(second)
    message = f"Child execution {first} failed"
    assert (done.next, row.status, row.error_message) == ("done", Status.FAILED, message)
    assert await told(executions, parent_id) == [
        ("child:failed", STOPPED),
        ("flow:failed", {"name": "Error", "message": message}),
    ]
    assert (sibling.status, sibling.error_message) == (
        Status.STOPPED,
        f"the parent execution {parent_id} is failed",
    )


async def test_the_end_of_a_child_is_noted_once_however_often_its_parent_looks(executions: System) -> None:
    parent_id, (first, second) = await waiting(executions, OnNodeFailure.CONTINUE)
    await executions.slice(first)

    for _ in range(3):
        await executions.slice(parent_id)
    await executions.slice(second)
    await executions.slice(parent_id)

    ends = [type_ for type_, _ in await told(executions, parent_id)]
    assert ends == ["child:completed", "child:completed", "flow:completed"]
