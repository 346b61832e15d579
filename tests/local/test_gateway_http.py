"""The HTTP API of the gateway, seen from a client and from a function."""

import asyncio
import base64
import io
import re
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from infra.local.workers import FunctionFailed
from tests.local.gateways import ScriptedFunctions, fail, never, returning, running_gateway

pytestmark = pytest.mark.anyio


async def ask(port: int, method: str, path: str, **options: Any) -> tuple[int, dict[str, str], bytes]:
    url = f"http://127.0.0.1:{port}{path}"
    async with aiohttp.ClientSession() as session, session.request(method, url, **options) as answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, headers, await answer.read()


async def ask_raw(port: int, request: bytes) -> bytes:
    """Everything the gateway says until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_request_reaches_the_function_as_payload_format_2() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port:
        await ask(port, "GET", "/v1/flows/f1/executions?limit=5&tag=a&tag=b%20c", headers={"X-Color": "blue"})
        payload = await functions.payload("GET /v1/flows/{flowId}/executions")

    headers, request = payload.pop("headers"), payload.pop("requestContext")
    assert payload == {
        "version": "2.0",
        "routeKey": "GET /v1/flows/{flowId}/executions",
        "rawPath": "/v1/flows/f1/executions",
        "rawQueryString": "limit=5&tag=a&tag=b%20c",
        "queryStringParameters": {"limit": "5", "tag": "a,b c"},
        "pathParameters": {"flowId": "f1"},
        "isBase64Encoded": False,
    }
    assert (headers["x-color"], headers["x-forwarded-for"]) == ("blue", "127.0.0.1")
    assert request["routeKey"] == payload["routeKey"]


async def test_a_payload_describes_the_http_request() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port:
        await ask(port, "GET", "/health", headers={"User-Agent": "test"})
        request = (await functions.payload("GET /health"))["requestContext"]

    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", request.pop("time"))
    assert isinstance(request.pop("timeEpoch"), int)
    assert isinstance(request.pop("requestId"), str)
    assert request == {
        "accountId": "000000000000",
        "apiId": "local",
        "domainName": "127.0.0.1",
        "domainPrefix": "127",
        "http": HTTP_OF_HEALTH,
        "routeKey": "GET /health",
        "stage": "$default",
    }


HTTP_OF_HEALTH = {
    "method": "GET",
    "path": "/health",
    "protocol": "HTTP/1.1",
    "sourceIp": "127.0.0.1",
    "userAgent": "test",
}


async def test_a_path_parameter_is_decoded_after_the_path_was_split() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port:
        await ask_raw(port, b"GET /v1/flows/a%2Fb%20c HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        payload = await functions.payload("GET /v1/flows/{flowId}")

    assert payload["pathParameters"] == {"flowId": "a/b c"}


async def test_cookies_have_a_field_of_their_own_and_repeated_headers_are_joined() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port:
        await ask_raw(
            port,
            b"GET /health HTTP/1.1\r\nhost: x\r\nx-list: 1\r\nX-List: 2\r\ncookie: a=1; b=2\r\n"
            b"connection: close\r\n\r\n",
        )
        payload = await functions.payload("GET /health")

    assert payload["cookies"] == ["a=1", "b=2"]
    assert payload["headers"]["x-list"] == "1,2"
    assert "cookie" not in payload["headers"]


@pytest.mark.parametrize(
    ("content_type", "body", "is_base64"),
    [
        ("application/json", b'{"a":"\xc3\xbc"}', False),
        ("application/json; charset=utf-8", b"{}", False),
        ("text/plain", b"x", False),
        ("text/plain", b"\xff", True),
        ("application/octet-stream", b"x", True),
        ("application/x-www-form-urlencoded", b"a=1", True),
    ],
)
async def test_a_body_travels_as_text_only_where_it_says_so(
    content_type: str, body: bytes, *, is_base64: bool
) -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port:
        await ask(port, "POST", "/v1/flows", data=body, headers={"content-type": content_type})
        payload = await functions.payload("POST /v1/flows")

    assert payload["isBase64Encoded"] is is_base64
    assert (base64.b64decode(payload["body"]) if is_base64 else payload["body"].encode()) == body


async def test_a_chunked_body_arrives_whole() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port:
        await ask_raw(
            port,
            b"POST /v1/flows HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-type: text/plain"
            b"\r\nconnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        )
        payload = await functions.payload("POST /v1/flows")

    assert payload["body"] == "abcde"


async def test_a_result_with_status_code_is_the_answer() -> None:
    result = {
        "statusCode": 201,
        "headers": {"Location": "/v1/flows/1", "X-Count": 3, "content-length": "999"},
        "cookies": ["a=1", "b=2"],
        "body": '{"id":1}',
    }
    async with running_gateway(ScriptedFunctions({"POST /v1/flows": returning(result)})) as port:
        answer = await ask_raw(
            port, b"POST /v1/flows HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        )

    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 201 Created"
    assert {b"location: /v1/flows/1", b"x-count: 3", b"set-cookie: a=1", b"set-cookie: b=2"} <= set(lines)
    assert b"content-length: 8" in lines
    assert body == b'{"id":1}'


async def test_a_binary_result_is_decoded() -> None:
    result = {"statusCode": 200, "body": "AP8=", "isBase64Encoded": True}
    async with running_gateway(ScriptedFunctions({"GET /health": returning(result)})) as port:
        assert (await ask(port, "GET", "/health"))[2] == b"\x00\xff"


@pytest.mark.parametrize(
    ("result", "body"), [({"ok": True}, b'{"ok":true}'), ("text", b"text"), ([1], b"[1]")]
)
async def test_a_result_without_status_code_is_the_json_body(result: object, body: bytes) -> None:
    async with running_gateway(ScriptedFunctions({"GET /health": returning(result)})) as port:
        status, headers, received = await ask(port, "GET", "/health")

    assert (status, headers["content-type"], received) == (200, "application/json", body)


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "soon"},
        {"statusCode": 20},
        {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "body": "not base64", "isBase64Encoded": True},
    ],
)
async def test_a_malformed_result_is_an_internal_error(result: object) -> None:
    async with running_gateway(ScriptedFunctions({"GET /health": returning(result)})) as port:
        status, _, body = await ask(port, "GET", "/health")

    assert (status, body) == (500, b'{"message":"Internal Server Error"}')


async def test_a_failed_function_is_an_internal_error() -> None:
    async with running_gateway(ScriptedFunctions({"GET /health": fail})) as port:
        status, _, body = await ask(port, "GET", "/health")

    assert (status, body) == (500, b'{"message":"Internal Server Error"}')


async def test_a_function_that_takes_too_long_is_answered_for() -> None:
    functions = ScriptedFunctions({"GET /health": never})
    async with running_gateway(functions, integration_timeout_seconds=0.05) as port:
        status, _, body = await ask(port, "GET", "/health")

    assert (status, body) == (504, b'{"message":"Endpoint request timed out"}')


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("DELETE", "/health"),
        ("HEAD", "/health"),
        ("OPTIONS", "/health"),
        ("GET", "/v1/flows//executions"),
        ("GET", "/v1/flows/1/executions/2"),
    ],
)
async def test_what_no_route_matches_is_not_found(method: str, path: str) -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port:
        status, _, body = await ask(port, method, path)

    assert status == 404
    assert body == (b"" if method == "HEAD" else b'{"message":"Not Found"}')
    assert functions.invocations == []


async def test_a_body_over_ten_megabytes_is_too_large() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port:
        status, _, body = await ask(port, "POST", "/v1/flows", data=io.BytesIO(b"x" * 20_000_000))

    assert (status, body) == (413, b'{"message":"Request Entity Too Large"}')
    assert functions.invocations == []


async def test_a_body_over_the_limit_of_the_function_is_too_large() -> None:
    async def refuse(_: Any) -> object:
        raise FunctionFailed("Lambda.RequestTooLargeException", "over 6 MB")

    async with running_gateway(ScriptedFunctions({"POST /v1/flows": refuse})) as port:
        assert (await ask(port, "POST", "/v1/flows", data=b"x"))[0] == 413


async def test_a_client_that_asks_first_is_told_to_go_on() -> None:
    async with running_gateway(ScriptedFunctions({"POST /v1/flows": returning("thanks")})) as port:
        status, _, body = await ask(port, "POST", "/v1/flows", data=b"x" * 100_000, expect100=True)

    assert (status, body) == (200, b"thanks")


async def test_requests_on_one_connection_are_answered_in_their_order() -> None:
    second_arrived = asyncio.Event()

    async def first(_: Any) -> object:
        await second_arrived.wait()
        return {"statusCode": 200, "body": "first"}

    functions = ScriptedFunctions({"GET /health": first, "GET /v1/flows/{flowId}": returning("second")})
    request = (
        b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"
        b"GET /v1/flows/1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    async with running_gateway(functions) as port:
        asking = asyncio.create_task(ask_raw(port, request))
        await functions.payload("GET /health")
        second_arrived.set()
        answers = await asking

    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert answers.index(b"first") < answers.index(b"second")


async def test_an_http_1_0_client_gets_its_answer_and_the_end() -> None:
    async with running_gateway(ScriptedFunctions({"GET /health": returning("ok")})) as port:
        answer = await ask_raw(port, b"GET /health HTTP/1.0\r\n\r\n")

    assert answer.endswith(b"\r\n\r\nok")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /health HTTP/1.1\r\nhost: x\r\nx-long: " + b"x" * 20_000, b"431"),
        (b"GET /health HTTP/1.1\r\nhost: x\r\nx-long: " + b"x" * 20_000 + b"\r\n\r\n", b"431"),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", b"431"),
    ],
)
async def test_what_is_no_acceptable_request_is_refused(request_bytes: bytes, status: bytes) -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port:
        answer = await ask_raw(port, request_bytes)

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert functions.invocations == []


async def test_an_upgrade_to_something_else_is_answered_as_http() -> None:
    async with running_gateway(ScriptedFunctions({"GET /health": returning("ok")})) as port:
        answer = await ask_raw(
            port, b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"
        )

    assert answer.endswith(b"\r\n\r\nok")


async def test_a_document_is_served_beside_the_routes() -> None:
    documents: dict[str, Any] = {"/.well-known/jwks.json": {"keys": []}}
    async with running_gateway(ScriptedFunctions(), documents=documents) as port:
        status, headers, body = await ask(port, "GET", "/.well-known/jwks.json")

    assert (status, headers["content-type"], orjson.loads(body)) == (200, "application/json", {"keys": []})


PREFLIGHT = {"origin": "http://one", "access-control-request-method": "PUT"}


async def test_a_preflight_request_is_answered_by_the_gateway() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions, cors_origins=("http://one",)) as port:
        status, headers, _ = await ask(port, "OPTIONS", "/v1/flows/1", headers=PREFLIGHT)

    assert status == 204
    assert headers["access-control-allow-origin"] == "http://one"
    assert "PUT" in headers["access-control-allow-methods"]
    assert "authorization" in headers["access-control-allow-headers"]
    assert functions.invocations == []


@pytest.mark.parametrize(
    ("origins", "allowed"),
    [(("*",), "*"), (("http://one",), "http://one"), (("http://two",), None), ((), None)],
)
async def test_an_answer_allows_the_origins_that_are_set(
    origins: tuple[str, ...], allowed: str | None
) -> None:
    result = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "http://of-the-function"}}
    functions = ScriptedFunctions({"GET /health": returning(result)})
    async with running_gateway(functions, cors_origins=origins) as port:
        _, headers, _ = await ask(port, "GET", "/health", headers={"origin": "http://one"})
        _, refused, _ = await ask(port, "OPTIONS", "/health", headers=PREFLIGHT)

    assert headers.get("access-control-allow-origin") == allowed
    assert refused.get("access-control-allow-origin") == allowed


async def test_metrics_are_served_where_there_are_logs(tmp_path: Path) -> None:
    async with running_gateway(ScriptedFunctions(), logs=tmp_path) as port:
        status, headers, text = await ask(port, "GET", "/metrics")

    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert b"chaingraph_connections 0\n" in text


async def test_metrics_are_not_served_where_there_are_none() -> None:
    async with running_gateway(ScriptedFunctions()) as port:
        status, _, _ = await ask(port, "GET", "/metrics")

    assert status == 404
