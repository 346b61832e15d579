"""Expressions do no harm: their worker is bounded in time, memory and what it sees."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaingraph.errors import Rejected, TooLarge, Unavailable
from chaingraph.expressions.limits import ExpressionLimits
from chaingraph.expressions.processes import ExpressionProcesses
from chaingraph.graph.facilities import ExpressionCall
from chaingraph.graph.streams import Stream

ENDLESS = "($f := function($n) { $f($n) }; $f(1))"
EXPLODING = "($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f('xxxxxxxxxx', 40)))"

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(60)]


@pytest.fixture
def expressions() -> Iterator[ExpressionProcesses]:
    processes = ExpressionProcesses()
    yield processes
    processes.close()


@pytest.fixture
def impatient() -> Iterator[ExpressionProcesses]:
    processes = ExpressionProcesses(ExpressionLimits(seconds=0.5, max_bytes=20_000))
    yield processes
    processes.close()


async def value(expressions: ExpressionProcesses, expression: str, subject: object = None) -> object:
    return await expressions.evaluate(ExpressionCall(expression=expression, subject=subject))


def workers() -> list[int]:
    """The workers that this process has started."""
    listed = [
        Path(f"/proc/self/task/{task.name}/children").read_text()
        for task in Path("/proc/self/task").iterdir()
    ]
    children = [int(child) for children in listed for child in children.split()]
    return [
        child for child in children if b"expressions.worker" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


async def test_expressions_are_evaluated(expressions: ExpressionProcesses) -> None:
    assert await value(expressions, "a.b", {"a": {"b": [1, None, "ä"]}}) == [1, None, "ä"]
    assert await value(expressions, "$sum($)", [1, 2]) == 3


async def test_many_at_once_are_all_answered(expressions: ExpressionProcesses) -> None:
    asked = [value(expressions, "$ * 2", number) for number in range(30)]

    assert await asyncio.gather(*asked) == [2 * number for number in range(30)]


@pytest.mark.parametrize(
    "expression",
    [
        ENDLESS,
        "$sum([1..9999999])",
        "$contains('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaX', /(a|aa)+$/)",
    ],
)
async def test_an_endless_expression_is_ended_and_the_next_one_works(
    impatient: ExpressionProcesses, expression: str
) -> None:
    with pytest.raises(Rejected, match=r"takes longer than 0\.5 s"):
        await value(impatient, expression)

    assert await value(impatient, "1 + 1") == 2


async def test_the_event_loop_goes_on_meanwhile(impatient: ExpressionProcesses) -> None:
    endless = asyncio.create_task(value(impatient, ENDLESS))
    turns = 0
    while not endless.done():
        await asyncio.sleep(0.001)
        turns += 1

    assert turns > 10
    with pytest.raises(Rejected):
        await endless


@pytest.mark.parametrize("expression", [EXPLODING, "$pad('x', 10000000000)"])
async def test_an_expression_that_needs_too_much_memory_is_refused(
    expressions: ExpressionProcesses, expression: str
) -> None:
    with pytest.raises(Rejected, match=r"needs too much memory|takes longer"):
        await value(expressions, expression)

    assert await value(expressions, "1 + 1") == 2


async def test_what_an_expression_sees_and_makes_is_bounded(impatient: ExpressionProcesses) -> None:
    with pytest.raises(TooLarge, match="can see 20000 bytes"):
        await value(impatient, "$", "x" * 20_000)
    with pytest.raises(Rejected, match="larger than 20000 bytes"):
        await value(impatient, "$pad('x', 30000)")
    with pytest.raises(Rejected, match="may have 20000 characters"):
        await value(impatient, "1" * 30_000)


@pytest.mark.parametrize("subject", [Stream(), {"a": object()}, "\ud83d"])
async def test_what_cannot_be_stored_cannot_be_seen(
    expressions: ExpressionProcesses, subject: object
) -> None:
    with pytest.raises(Rejected, match="values that can be stored"):
        await value(expressions, "$", subject)


async def test_half_a_character_is_no_value(expressions: ExpressionProcesses) -> None:
    with pytest.raises(Rejected, match="a text that cannot be stored"):
        await value(expressions, r"'\ud83d'")
    with pytest.raises(Rejected, match="The expression failed"):
        await value(expressions, r"$error('\ud83d')")


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
async def test_a_worker_that_has_gone_is_replaced(expressions: ExpressionProcesses) -> None:
    assert await value(expressions, "1") == 1
    for worker in workers():
        os.kill(worker, signal.SIGKILL)

    assert await value(expressions, "2") == 2


def test_the_library_leaves_the_recursion_limit_alone() -> None:
    program = (
        "import sys; before = sys.getrecursionlimit(); import chaingraph.expressions.evaluation; "
        "print(sys.getrecursionlimit() - before)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout == b"0\n"


async def test_a_worker_that_does_not_start_is_told() -> None:
    processes = ExpressionProcesses(ExpressionLimits(start_seconds=0))

    with pytest.raises(Unavailable, match="has not started"):
        await value(processes, "1")
    processes.close()
