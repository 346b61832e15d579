"""The AWS JSON protocol, byte by byte."""

import asyncio
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import pytest

from infra.local.workflow.endpoint import listening
from infra.local.workflow.operations import Fields, Operation
from infra.local.workflow.refusals import Refused

pytestmark = pytest.mark.anyio


async def echo(fields: Fields) -> Fields:
    return fields


async def refuse(_: Fields) -> Fields:
    raise Refused("TaskTimedOut", "too late")


async def break_down(_: Fields) -> Fields:
    raise LookupError("nobody thought of this")


OPERATIONS: dict[str, Operation] = {"Echo": echo, "Refuse": refuse, "BreakDown": break_down}


@pytest.fixture
async def url() -> AsyncGenerator[str]:
    async with (
        asyncio.TaskGroup() as tasks,
        listening(OPERATIONS, tasks, host="127.0.0.1", port=0) as url,
    ):
        yield url


def request(operation: str, body: str) -> bytes:
    head = f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSStepFunctions.{operation}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


async def sent(url: str, *parts: bytes, answers: int = 1) -> list[tuple[int, str]]:
    """Status and body of each answer on one connection."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return [await read_answer(reader) for _ in range(answers)]
    finally:
        writer.close()


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, str]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
    return int(head.split()[1]), (await reader.readexactly(length)).decode()


async def test_a_request_may_come_in_pieces(url: str) -> None:
    whole = request("Echo", '{"a":1}')

    assert await sent(url, whole[:7], whole[7:60], whole[60:]) == [(200, '{"a":1}')]


async def test_requests_on_one_connection_are_answered_in_order(url: str) -> None:
    both = request("Refuse", "{}") + request("Echo", '{"b":2}')

    assert [status for status, _ in await sent(url, both, answers=2)] == [400, 200]


@pytest.mark.parametrize(
    ("operation", "body", "status", "code"),
    [
        ("Refuse", "{}", 400, "TaskTimedOut"),
        ("Nothing", "{}", 400, "UnknownOperationException"),
        ("Echo", "{", 400, "ValidationException"),
        ("BreakDown", "{}", 500, "InternalFailure"),
    ],
)
async def test_a_refusal_says_its_code(url: str, operation: str, body: str, status: int, code: str) -> None:
    ((answered, told),) = await sent(url, request(operation, body))

    assert answered == status
    assert f'"__type":"com.amazonaws.states#{code}"' in told


@pytest.mark.parametrize(
    "rubbish",
    [b"\x16\x03\x01 no http\r\n\r\n", request("Echo", "x" * (3 * 1024 * 1024))],
    ids=["tls", "too much"],
)
async def test_a_connection_that_is_misused_is_closed(url: str, rubbish: bytes) -> None:
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await sent(url, rubbish)

    assert await sent(url, request("Echo", "{}")) == [(200, "{}")]
