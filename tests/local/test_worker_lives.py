"""How worker processes come, rest and go."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.local.workers import FunctionFailed, FunctionSettings, IdleWorkers
from tests.local.rigs import NO_GATE, Gate, Held, Output, at, running, sample

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(60)]

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


async def test_a_worker_that_was_killed_is_replaced(gate: Gate, output: Output) -> None:
    async with running(sample("wait", concurrency=1), output=output) as functions:
        invocation = asyncio.create_task(functions.invoke("wait", at(gate)))
        await output.until("waiting")
        (pid,) = functions.pids("wait")
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(FunctionFailed, match=r"Lambda\.Unknown"):
            await invocation

        following = asyncio.create_task(functions.invoke("wait", at(gate)))
        await output.until("waiting", times=2)
        gate.open("again")
        assert await following == "again"
        assert functions.pids("wait") != (pid,)


@needs_proc
async def test_a_zygote_that_was_killed_takes_its_workers_along_and_is_replaced(
    gate: Gate, output: Output
) -> None:
    async with running(sample("wait", concurrency=1), output=output) as functions:
        invocation = asyncio.create_task(functions.invoke("wait", at(gate)))
        await output.until("waiting")
        (pid,) = functions.pids("wait")
        os.kill(field_of(pid, PARENT_PID), signal.SIGKILL)
        with pytest.raises(FunctionFailed, match=r"Lambda\.Unknown"):
            await invocation

        assert await functions.invoke("wait", NO_GATE) == ""
        assert functions.pids("wait") != (pid,)


@needs_proc
async def test_a_nursery_that_was_killed_takes_its_zygotes_along_and_is_replaced(
    gate: Gate, output: Output
) -> None:
    async with running(sample("wait", concurrency=1), sample("count"), output=output) as functions:
        invocation = asyncio.create_task(functions.invoke("wait", at(gate)))
        await output.until("waiting")
        (pid,) = functions.pids("wait")
        zygote = field_of(pid, PARENT_PID)
        os.kill(field_of(zygote, PARENT_PID), signal.SIGKILL)
        with pytest.raises(FunctionFailed, match=r"Lambda\.Unknown"):
            await invocation

        assert await functions.invoke("wait", NO_GATE) == ""
        answer: Any = await functions.invoke("count", {})
        assert answer["count"] == 1


async def test_a_handler_that_cannot_be_loaded_leaves_the_others_alone() -> None:
    broken = FunctionSettings(name="broken", handler="tests.local.broken_function:handler")
    async with running(broken, sample("echo")) as functions:
        with pytest.raises(FunctionFailed, match="ZeroDivisionError"):
            await functions.invoke("broken", {})

        assert await functions.invoke("echo", {"n": 1}) == {"n": 1}


STATUS, PARENT_PID = 0, 1


def field_of(pid: int, field: int) -> Any:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[field]) if fields[field].isdigit() else fields[field]


@needs_proc
async def test_idle_workers_are_frozen_when_asked_and_thaw_for_the_next_invocation() -> None:
    async with running(sample("count", concurrency=1, idle_workers=IdleWorkers.FROZEN)) as functions:
        answers: list[Any] = [await functions.invoke("count", {}) for _ in range(3)]

        assert [answer["count"] for answer in answers] == [1, 2, 3]
        assert await asyncio.to_thread(status_at_rest, functions.pids("count")[0]) == "T"


def status_at_rest(pid: int) -> str:
    """As the kernel tells it, once a signal on its way has arrived."""
    while (status := field_of(pid, STATUS)) in ("R", "S"):
        pass
    return status


async def test_stopping_ends_every_process(held: Held, gate: Gate, output: Output) -> None:
    settings = sample("wait", concurrency=2, environment={"HELD_PIPE": str(held.path)})
    async with running(settings, output=output) as functions:
        await functions.invoke("wait", NO_GATE)
        invocation = asyncio.create_task(functions.invoke("wait", at(gate)))
        await output.until("waiting", times=2)

    with pytest.raises(FunctionFailed):
        await invocation
    assert held.end() == b""


PARENT = """
import asyncio
from infra.local.workers import Functions, FunctionSettings

async def main():
    settings = FunctionSettings(
        name="wait", handler="tests.local.sample_functions:wait", environment={"HELD_PIPE": %r}
    )
    async with Functions([settings], on_output=lambda _, line: print(line, flush=True)) as functions:
        await functions.invoke("wait", {"pipe": "/dev/null"})
        print(*functions.pids("wait"), flush=True)
        await functions.invoke("wait", {"pipe": %r})

asyncio.run(main())
"""


@contextmanager
def busy_parent(held: Held, gate: Gate) -> Generator[tuple[subprocess.Popen[str], int]]:
    """A parent process and its worker, which runs an invocation."""
    program = PARENT % (str(held.path), str(gate.path))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        said = [parent.stdout.readline().strip() for _ in range(4)]
        try:
            yield parent, next(int(line) for line in said if line.isdigit())
        finally:
            parent.kill()


def test_no_process_outlives_a_killed_parent(held: Held, gate: Gate) -> None:
    with busy_parent(held, gate) as (parent, _):
        parent.kill()

        assert held.end() == b""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a stopped process outlives its parent")
def test_no_stopped_process_outlives_a_killed_parent(held: Held, gate: Gate) -> None:
    with busy_parent(held, gate) as (parent, worker_pid):
        os.kill(field_of(worker_pid, PARENT_PID), signal.SIGSTOP)
        os.kill(worker_pid, signal.SIGSTOP)
        parent.kill()

        assert held.end() == b""
