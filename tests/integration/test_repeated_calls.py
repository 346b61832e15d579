"""Each call of a client twice, one after the other and at once, over both APIs: as if it had come once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final

import orjson
import pytest

from chaingraph.execution.execution import Execution
from chaingraph.ids import ExecutionId
from tests.fakes.workflows import FakeWorkflows
from tests.functions.api import HERE, send_http, send_message
from tests.integration.arena import ONE, Arena, new_arena
from tests.scene import ALICE

pytestmark = pytest.mark.anyio

OK, REFUSED = "ok", "refused"


@dataclass(frozen=True, slots=True)
class Case:
    """`before`: what brings an execution there. `second`: how a repeated call is answered."""

    before: tuple[str, ...]
    procedure: str
    route: str
    second: str
    fields: Mapping[str, object]


def case(before: str, procedure: str, route: str, second: str = REFUSED, **fields: object) -> Case:
    return Case(tuple(before.split()), procedure, route, second, fields)


CASES: Final = {
    "start": case("", "start", f"POST {ONE}/start"),
    "stop before the start": case("", "stop", f"POST {ONE}/stop", reason="enough"),
    "stop": case("start", "stop", f"POST {ONE}/stop"),
    "stop alone": case("start", "stop", f"POST {ONE}/stop", cascade=False),
    "stop a pause": case("start pause slice", "stop", f"POST {ONE}/stop"),
    "pause": case("start", "pause", f"POST {ONE}/pause", reason="lunch"),
    "resume": case("start pause slice", "resume", f"POST {ONE}/resume"),
    "take a pause back": case("start pause", "resume", f"POST {ONE}/resume"),
    "step": case("start pause slice", "step", f"POST {ONE}/step"),
    "step over": case("start pause slice", "step", f"POST {ONE}/step", mode="node"),
    "details": case("start", "getExecutionDetails", f"GET {ONE}", OK),
    "tree": case("start", "getExecutionsTree", f"GET {ONE}/tree", OK),
    "debugger": case("start", "getDebuggerState", f"GET {ONE}/debugger", OK),
    "set a breakpoint": case("start", "addBreakpoint", f"PUT {ONE}/breakpoints/{{nodeId}}", OK, nodeId="g1"),
    "remove a breakpoint": case(
        "start", "removeBreakpoint", f"DELETE {ONE}/breakpoints/{{nodeId}}", OK, nodeId="g0"
    ),
}


async def over_http(arena: Arena, asked: Case, execution_id: ExecutionId) -> str:
    named: dict[str, str] = {"executionId": execution_id}
    body: dict[str, object] | None = dict(asked.fields)
    if "nodeId" in asked.fields:
        named["nodeId"] = str(asked.fields["nodeId"])
        body = None
    answer = await send_http(arena.control, asked.route, named, body=body or None)
    assert answer.status in (200, 409), answer
    return OK if answer.status == 200 else _refused(answer.json["error"], execution_id)


async def over_the_websocket(arena: Arena, asked: Case, execution_id: ExecutionId) -> str:
    kind = "query" if asked.procedure.startswith("get") else "mutation"
    sent = {"json": {"executionId": execution_id, **asked.fields}}
    message = {"id": 1, "method": kind, "params": {"path": asked.procedure, "input": sent}}
    answer = orjson.loads(await send_message(arena.control, message) or b"")
    return OK if "result" in answer else _refused(_error(answer), execution_id)


def _error(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    error = answer["error"]["json"]
    assert error["data"]["code"] == "BAD_REQUEST", answer
    return error


def _refused(error: Mapping[str, Any], execution_id: ExecutionId) -> str:
    assert error["message"].startswith(f"execution {execution_id} is "), error
    return REFUSED


async def in_turn(first: Awaitable[str], second: Awaitable[str]) -> list[str]:
    return [await first, await second]


async def at_once(first: Awaitable[str], second: Awaitable[str]) -> list[str]:
    return sorted(await asyncio.gather(first, second))


@pytest.fixture
async def arena(database_url: str) -> AsyncIterator[Arena]:
    """Nothing runs by itself."""
    arena = await new_arena(database_url)
    arena.control = replace(arena.control, workflows=FakeWorkflows())
    await arena.connect(HERE, ALICE)
    yield arena
    await arena.close()


async def brought_there(arena: Arena, asked: Case, key: str) -> ExecutionId:
    arena.key = key
    await arena.create(options={"breakpoints": ["g0"]})
    for step in asked.before:
        if step == "slice":
            await arena.executions.slice(arena.root_id)
        else:
            assert (await arena.command(step, arena.root_id)).is_accepted
    return arena.root_id


def standing(execution: Execution) -> tuple[object, ...]:
    command = execution.command
    return (
        execution.status,
        command and (command.kind, command.reason, command.by),
        execution.reach,
        execution.options.breakpoints,
        execution.next_index,
        execution.workflow_run,
    )


@pytest.mark.parametrize("asked", CASES.values(), ids=CASES)
async def test_a_repeated_call_leaves_what_the_first_one_left(arena: Arena, asked: Case) -> None:
    once = await brought_there(arena, asked, "once")
    assert await over_http(arena, asked, once) == OK
    left = standing(await arena.executions.read(once))

    for place, (ask, twice) in enumerate(product((over_http, over_the_websocket), (in_turn, at_once))):
        again = await brought_there(arena, asked, f"again {place}")
        answers = await twice(ask(arena, asked, again), ask(arena, asked, again))

        assert answers == [OK, asked.second]
        assert standing(await arena.executions.read(again)) == left


@pytest.mark.parametrize("twice", [in_turn, at_once])
async def test_a_repeated_creation_is_the_same_execution(
    arena: Arena, twice: Callable[..., Awaitable[list[str]]]
) -> None:
    await arena.create()

    async def again() -> str:
        answer = await arena.ask_to_create()
        assert answer.status == 201
        return answer.json["executionId"]

    assert await twice(again(), again()) == [arena.root_id] * 2
    assert (await arena.ask_to_create(integration={"a": 1})).status == 409
    listed = (await send_http(arena.control, "GET /v1/executions")).json["executions"]
    assert [row["id"] for row in listed] == [arena.root_id]


@pytest.mark.parametrize("twice", [in_turn, at_once])
async def test_of_two_first_creations_with_one_key_one_is_made(
    arena: Arena, twice: Callable[..., Awaitable[list[str]]]
) -> None:
    await arena.create()
    arena.key = "another"

    async def made() -> str:
        return (await arena.ask_to_create()).json["executionId"]

    first, second = await twice(made(), made())

    assert first == second != arena.root_id
