"""The WebSocket API of the gateway, seen from a client and from a function."""

import asyncio
import base64
import re
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.local.gateways import (
    ScriptedFunctions,
    echo,
    fail,
    never,
    returning,
    running_gateway,
    tell_payload,
)

pytestmark = pytest.mark.anyio


def message(**fields: object) -> str:
    return orjson.dumps(fields).decode()


async def test_connect_is_told_the_headers_and_the_query() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port:
        url = f"ws://127.0.0.1:{port}/any/path?connectionParams=1&token=a%20b&token=c"
        async with connect(url, additional_headers={"X-Color": "blue"}):
            payload = await functions.payload("$connect")

    assert payload.keys() == {
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "requestContext",
        "isBase64Encoded",
    }
    assert payload["queryStringParameters"] == {"connectionParams": "1", "token": "c"}
    assert payload["multiValueQueryStringParameters"] == {"connectionParams": ["1"], "token": ["a b", "c"]}
    assert payload["headers"]["X-Color"] == "blue"
    assert payload["multiValueHeaders"]["X-Color"] == ["blue"]
    assert payload["isBase64Encoded"] is False


async def test_a_connection_without_query_has_no_query_fields() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port, connect(f"ws://127.0.0.1:{port}/"):
        payload = await functions.payload("$connect")

    assert "queryStringParameters" not in payload
    assert "multiValueQueryStringParameters" not in payload


async def test_a_message_is_told_with_its_request() -> None:
    functions = ScriptedFunctions({"mutation": tell_payload})
    async with running_gateway(functions) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send(message(method="mutation", id=1))
        payload = orjson.loads(await client.recv())
        opening = (await functions.payload("$connect"))["requestContext"]

    request = payload.pop("requestContext")
    assert payload == {"body": '{"method":"mutation","id":1}', "isBase64Encoded": False}
    assert request.keys() - opening.keys() == {"messageId"}
    assert (request["routeKey"], request["eventType"]) == ("mutation", "MESSAGE")
    assert (opening["routeKey"], opening["eventType"]) == ("$connect", "CONNECT")
    assert request["connectionId"] == opening["connectionId"]
    assert request["connectionId"].endswith("=")
    assert request["requestId"] != opening["requestId"]


async def test_every_request_describes_the_connection() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions, stage="prod") as port, connect(f"ws://127.0.0.1:{port}/"):
        request = (await functions.payload("$connect"))["requestContext"]

    assert request["messageDirection"] == "IN"
    assert request["stage"] == "prod"
    assert request["domainName"] == f"127.0.0.1:{port}"
    assert request["identity"]["sourceIp"] == "127.0.0.1"
    assert "websockets" in request["identity"]["userAgent"]
    assert request["connectedAt"] <= request["requestTimeEpoch"]
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", request["requestTime"])


@pytest.mark.parametrize(
    ("body", "function", "route_key"),
    [
        (message(method="mutation"), "control", "mutation"),
        (message(method="subscription.stop"), "subscription", "subscription.stop"),
        (message(method="nothing we know"), "control", "$default"),
        (message(method=7), "control", "$default"),
        (message(other="mutation"), "control", "$default"),
        ('[{"method":"mutation"}]', "control", "$default"),
        ("PING", "control", "$default"),
        ("", "control", "$default"),
        ("{", "control", "$default"),
    ],
)
async def test_a_message_goes_to_the_function_of_its_method(body: str, function: str, route_key: str) -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send(body)
        payload = await functions.payload(route_key)

    assert (function, payload) in functions.invocations
    assert payload["body"] == body


async def test_the_body_of_a_result_is_sent_to_the_client() -> None:
    functions = ScriptedFunctions({"mutation": echo})
    async with running_gateway(functions) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send(message(method="mutation", text="ü"))

        assert await client.recv() == message(method="mutation", text="ü")


async def test_a_result_without_body_sends_nothing() -> None:
    functions = ScriptedFunctions({"mutation": returning({"statusCode": 200}), "$default": echo})
    async with running_gateway(functions) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send(message(method="mutation"))
        await functions.payload("mutation")
        await client.send("second")

        assert await client.recv() == "second"


async def test_a_route_without_a_response_sends_nothing() -> None:
    functions = ScriptedFunctions({"subscription.stop": echo, "$default": echo})
    async with running_gateway(functions) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send(message(method="subscription.stop"))
        await functions.payload("subscription.stop")
        await client.send("second")

        assert await client.recv() == "second"


@pytest.mark.parametrize("script", [fail, returning("text"), returning({"body": "x" * 131_073})])
async def test_a_failed_route_answers_with_the_error_of_the_gateway(script: Any) -> None:
    functions = ScriptedFunctions({"mutation": script})
    async with running_gateway(functions) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send(message(method="mutation"))
        answer = orjson.loads(await client.recv())
        request = (await functions.payload("mutation"))["requestContext"]

    assert answer == {
        "message": "Internal server error",
        "connectionId": request["connectionId"],
        "requestId": request["requestId"],
    }


async def test_a_route_that_takes_too_long_is_answered_for() -> None:
    functions = ScriptedFunctions({"mutation": never})
    async with (
        running_gateway(functions, integration_timeout_seconds=0.05) as port,
        connect(f"ws://127.0.0.1:{port}/") as client,
    ):
        await client.send(message(method="mutation"))

        assert orjson.loads(await client.recv())["message"] == "Endpoint request timed out"


async def test_messages_of_one_connection_are_handled_concurrently() -> None:
    go_on = asyncio.Event()

    async def slow(_: Any) -> object:
        await go_on.wait()
        return {"statusCode": 200, "body": "slow"}

    functions = ScriptedFunctions({"mutation": slow, "$default": returning({"body": "quick"})})
    async with running_gateway(functions) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send(message(method="mutation"))
        await client.send("quick")
        first = await client.recv()
        go_on.set()

        assert [first, await client.recv()] == ["quick", "slow"]


@pytest.mark.parametrize("status", [401, 403, 500])
async def test_connect_can_refuse_with_a_status(status: int) -> None:
    functions = ScriptedFunctions({"$connect": returning({"statusCode": status})})
    async with running_gateway(functions) as port:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{port}/")

    assert refused.value.response.status_code == status
    assert [sent["requestContext"]["routeKey"] for _, sent in functions.invocations] == ["$connect"]


@pytest.mark.parametrize(
    ("script", "status"), [(fail, 502), (returning({}), 502), (returning(None), 502), (never, 504)]
)
async def test_a_failed_connect_refuses_the_connection(script: Any, status: int) -> None:
    functions = ScriptedFunctions({"$connect": script})
    async with running_gateway(functions, integration_timeout_seconds=0.05) as port:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{port}/")

    assert refused.value.response.status_code == status


async def test_connect_chooses_the_subprotocol() -> None:
    answer = {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "two"}}
    functions = ScriptedFunctions({"$connect": returning(answer)})
    offered = [Subprotocol("one"), Subprotocol("two")]
    async with (
        running_gateway(functions) as port,
        connect(f"ws://127.0.0.1:{port}/", subprotocols=offered) as client,
    ):
        assert client.subprotocol == "two"


async def test_no_extension_is_negotiated() -> None:
    async with running_gateway(ScriptedFunctions()) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers


async def test_a_ping_frame_is_answered_by_the_gateway() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await (await client.ping())

    assert all(sent["requestContext"]["eventType"] != "MESSAGE" for _, sent in functions.invocations)


@pytest.mark.parametrize(
    ("code", "reason", "told_code", "told_reason"),
    [
        (1000, "", 1000, ""),
        (4001, "bye", 4001, "bye"),
    ],
)
async def test_disconnect_is_told_how_the_client_closed(
    code: int, reason: str, told_code: int, told_reason: str
) -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port:
        async with connect(f"ws://127.0.0.1:{port}/") as client:
            await client.close(code, reason)
        payload = await functions.payload("$disconnect")

    ending = payload["requestContext"]
    assert ending["eventType"] == "DISCONNECT"
    assert (ending["disconnectStatusCode"], ending["disconnectReason"]) == (told_code, told_reason)
    assert payload.keys() == {"headers", "multiValueHeaders", "requestContext", "isBase64Encoded"}
    assert ending["connectionId"] == (await functions.payload("$connect"))["requestContext"]["connectionId"]


async def test_disconnect_is_told_of_a_connection_that_was_cut() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port:
        client = await connect(f"ws://127.0.0.1:{port}/")
        client.transport.abort()
        ending = (await functions.payload("$disconnect"))["requestContext"]

    assert ending["disconnectStatusCode"] == 1006


async def test_a_client_that_left_during_connect_is_disconnected() -> None:
    go_on = asyncio.Event()

    async def slow(_: Any) -> object:
        await go_on.wait()
        return {"statusCode": 200}

    functions = ScriptedFunctions({"$connect": slow})
    async with running_gateway(functions) as port:
        connecting = asyncio.create_task(_connected(port))
        opened = (await functions.payload("$connect"))["requestContext"]
        connecting.cancel()
        await asyncio.wait([connecting])
        await _wait_until_gone(port)
        go_on.set()
        closed = (await functions.payload("$disconnect"))["requestContext"]

    assert closed["connectionId"] == opened["connectionId"]


async def _connected(port: int) -> ClientConnection:
    return await connect(f"ws://127.0.0.1:{port}/")


async def _wait_until_gone(port: int) -> None:
    """A whole exchange on another connection comes after the end of the first in the gateway's loop."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    await reader.read()
    writer.close()
    await writer.wait_closed()


async def test_a_binary_message_arrives_as_base64() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send(b"\x00\xff")
        payload = await functions.payload("$default")

    assert payload["isBase64Encoded"] is True
    assert base64.b64decode(payload["body"]) == b"\x00\xff"


async def test_a_handshake_without_key_is_refused() -> None:
    async with running_gateway(ScriptedFunctions()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
        answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_what_a_client_sends_before_it_is_admitted_is_kept() -> None:
    go_on = asyncio.Event()

    async def slow(_: Any) -> object:
        await go_on.wait()
        return {"statusCode": 200}

    functions = ScriptedFunctions({"$connect": slow})
    async with running_gateway(functions) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HANDSHAKE + MASKED_PING_TEXT)
        await functions.payload("$connect")
        go_on.set()
        payload = await functions.payload("$default")
        writer.close()

    assert payload["body"] == "PING"


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
MASKED_PING_TEXT = b"\x81\x84\x00\x00\x00\x00PING"
