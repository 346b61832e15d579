"""Nodes that reach outside, in slices over a real database and against a real server."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg.rows import tuple_row

from chaingraph.execution.commands import CommandKind
from chaingraph.execution.status import Status
from chaingraph.graph.facilities import HttpRequest
from chaingraph.ids import ExecutionId
from chaingraph.nodes.built_in import built_in_node_types
from chaingraph.outbound.facilities import facilities_of
from chaingraph.postgres.database import Database
from chaingraph.settings import NodeSettings
from tests.flow_documents import edge, flow, node
from tests.integration.executions import Clock, System, system
from tests.web_server import Answer, Asked, answered, never, web_server

pytestmark = pytest.mark.anyio

WORD = "hunter2"
ENVIRON = {"CHAINGRAPH_SECRET_KEY": WORD, "HTTP_NODE_ALLOWED_HOSTS": "127.0.0.1"}


@pytest.fixture
async def executions(database_url: str) -> AsyncIterator[System]:
    database = Database(database_url)
    made = system(database, built_in_node_types(), Clock(time.time_ns() // 1_000_000))
    known = facilities_of(NodeSettings.from_environment(ENVIRON), ENVIRON, lambda: datetime.now(UTC))
    yield replace(made, outside=replace(made.outside, facilities=known))
    await database.close()


def request_flow(url: str, **values: object) -> dict[str, Any]:
    """A header that is a secret, and one that comes over an edge."""
    nodes = [
        node("SecretNode", "secret", secretID="key"),
        node("TextNode", "text", text="Authorization: Bearer {{secret}}\nX-Api-Key: abc"),
        node("HttpRequestNode", "http", baseUri=url, path="/", method="POST", **values),
    ]
    return flow(nodes, [edge("e1", "secret.secret", "http.secret"), edge("e2", "text.text", "http.headers")])


def one_after_the_other() -> Answer:
    """No answer to the first request."""
    answers: list[Answer] = [lambda _: never(), answered("fine")]

    def answer(asked: Asked) -> Any:
        return answers.pop(0)(asked)

    return answer


async def written(executions: System, execution_id: ExecutionId) -> str:
    """All that the database holds of an execution's events and node results."""
    events = "".join(event.payload.decode() for event in await executions.log(execution_id))
    query = "select detail::text as detail from chaingraph.node_results where execution_id = %(id)s"
    rows = await executions.database.rows(query, {"id": execution_id}, tuple_row)
    return events + "".join(str(row[0]) for row in rows)


async def test_a_secret_is_sent_and_written_nowhere(executions: System) -> None:
    async with web_server({"/": answered("fine")}) as server:
        execution_id = await executions.started(request_flow(server.url))
        verdict = await executions.slice(execution_id)

    assert (verdict.next, (await executions.read(execution_id)).status) == ("done", Status.COMPLETED)
    assert server.asked[0].headers["authorization"] == f"Bearer {WORD}"
    assert server.asked[0].headers["x-api-key"] == "abc"
    assert server.asked[0].headers["idempotency-key"] == f"{execution_id}:http"
    assert WORD not in await written(executions, execution_id)


async def test_a_stop_cancels_the_request(executions: System) -> None:
    async with web_server({"/": lambda _: never()}) as server:
        execution_id = await executions.started(request_flow(server.url))
        running = asyncio.create_task(executions.slice(execution_id))
        await server.arrived.wait()
        await executions.command(execution_id, CommandKind.STOP)
        await asyncio.wait_for(server.gone.wait(), 10)
        await running

    assert (await executions.read(execution_id)).status is Status.STOPPED


async def test_a_request_that_is_cut_off_by_the_end_of_a_slice_is_sent_again_as_it_was(
    executions: System,
) -> None:
    async with web_server({"/": one_after_the_other(), "/first": answered()}) as server:
        # The library is loaded: the slice is for the request alone.
        first_request = HttpRequest(method="GET", url=f"{server.url}/first")
        await executions.outside.facilities.http.send(first_request)
        execution_id = await executions.started(request_flow(server.url))
        first = await executions.with_slices_of(1_500).slice(execution_id)
        second = await executions.slice(execution_id)

    assert (first.next, second.next) == ("run", "done")
    assert [asked.headers["authorization"] for asked in server.asked[1:]] == [f"Bearer {WORD}"] * 2
    assert server.asked[1].headers["idempotency-key"] == server.asked[2].headers["idempotency-key"]
