"""What timers and connections begin while the service ends; a coroutine left over fails its test."""

import asyncio

import pytest

from infra.local.workflow.beginning import begin

pytestmark = pytest.mark.anyio


async def test_a_task_begins_as_long_as_the_service_runs() -> None:
    begun: list[str] = []

    async with asyncio.TaskGroup() as tasks:
        begin(tasks, _note(begun, "while it runs"))
    begin(tasks, _note(begun, "after its end"))

    assert begun == ["while it runs"]


async def test_nothing_begins_while_the_service_is_cancelled() -> None:
    begun: list[str] = []

    async def serve() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_begin_when_cancelled(tasks, begun))
            await asyncio.Event().wait()

    service = asyncio.create_task(serve())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    service.cancel()
    await asyncio.wait([service])

    assert service.cancelled()
    assert begun == []


async def _begin_when_cancelled(tasks: asyncio.TaskGroup, begun: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        begin(tasks, _note(begun, "while it is cancelled"))


async def _note(begun: list[str], when: str) -> None:
    begun.append(when)
