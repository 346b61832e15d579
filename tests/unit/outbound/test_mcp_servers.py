"""Tools, resources and prompts of a server that speaks the real protocol."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncGenerator, Awaitable, Iterator
from contextlib import asynccontextmanager

import orjson
import pytest

from chaingraph.errors import Rejected, Unavailable
from chaingraph.graph.facilities import CallTool, GetPrompt, McpRequest, McpServer, ReadResource
from chaingraph.graph.json_types import JsonObject
from chaingraph.outbound.addresses import AddressRefused, AllowList
from chaingraph.outbound.guarded_network import GuardedNetwork
from chaingraph.outbound.guarded_transport import GuardedTransport
from chaingraph.outbound.mcp_servers import GuardedMcpServers
from tests.mcp_server import ServedMcp, mcp_server
from tests.web_server import Asked, Chunks, answered, never, web_server

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def served() -> Iterator[ServedMcp]:
    with mcp_server() as server:
        yield server


@asynccontextmanager
async def servers(allowed: str = "127.0.0.1", quiet_seconds: float = 10) -> AsyncGenerator[GuardedMcpServers]:
    network = GuardedNetwork(AllowList.of([allowed]))
    transport = GuardedTransport(network, ssl.create_default_context(), 1_000_000)
    try:
        yield GuardedMcpServers(transport, quiet_seconds=quiet_seconds)
    finally:
        await transport.close()


async def answer(url: str, request: McpRequest, **headers: str) -> JsonObject:
    async with servers() as asked:
        return await asked.ask(McpServer(url, headers), request, lambda _: None)


async def test_a_tool_is_called(served: ServedMcp) -> None:
    result = await answer(served.url, CallTool("add", {"a": 1, "b": 2}), Authorization="Bearer abc")

    assert result["structuredContent"] == {"sum": 3}
    assert result["content"] == [{"type": "text", "text": '{\n  "sum": 3\n}'}]
    assert served.heard[-1]["authorization"] == "Bearer abc"


async def test_a_tool_that_fails_says_so(served: ServedMcp) -> None:
    result = await answer(served.url, CallTool("breaks", {}))

    assert result["isError"] is True


async def test_a_resource_is_read_by_a_template(served: ServedMcp) -> None:
    result = await answer(served.url, ReadResource("note://{name}", {"name": "ann"}))

    assert result["contents"] == [{"uri": "note://ann", "mimeType": "text/plain", "text": "note of ann"}]


async def test_a_prompt_is_fetched(served: ServedMcp) -> None:
    result = await answer(served.url, GetPrompt("greet", {"name": "ann"}))

    assert result["messages"] == [{"role": "user", "content": {"type": "text", "text": "Say hello to ann"}}]


@pytest.mark.parametrize(
    "request_", [ReadResource("note:/"), GetPrompt("unknown", {}), ReadResource("{", {"a": "b"})]
)
async def test_what_the_server_refuses_is_refused(served: ServedMcp, request_: McpRequest) -> None:
    with pytest.raises(Rejected):
        await answer(served.url, request_)


async def test_a_tool_that_shows_progress_may_take_longer_than_the_quiet_time(served: ServedMcp) -> None:
    heard: list[JsonObject] = []
    slow = CallTool("counts", {"steps": 5, "pause": 0.4})

    async with servers(quiet_seconds=1.5) as asked:
        result = await asked.ask(McpServer(served.url), slow, heard.append)

    assert result["content"] == [{"type": "text", "text": "counted"}]
    assert heard[-1] == {"progress": 5, "total": 5, "message": "step 5"}


async def test_a_tool_without_a_sign_of_life_is_given_up(served: ServedMcp) -> None:
    async with servers(quiet_seconds=0.3) as asked:
        with pytest.raises(Unavailable, match=r"within 0\.3 s"):
            await asked.ask(McpServer(served.url), CallTool("hangs", {}), lambda _: None)


async def test_a_cancelled_call_leaves_its_server() -> None:
    async with web_server({"/mcp": lambda _: never()}) as server:
        call = asyncio.create_task(answer(f"{server.url}/mcp", CallTool("add", {})))
        await server.arrived.wait()
        call.cancel()
        await asyncio.wait_for(server.gone.wait(), 10)

    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_server_on_a_private_address_is_refused(served: ServedMcp) -> None:
    async with servers("10.0.0.1") as asked:
        with pytest.raises(AddressRefused):
            await asked.ask(McpServer(served.url), CallTool("add", {}), lambda _: None)


async def test_a_server_that_is_not_there_gives_no_answer() -> None:
    async with web_server({}) as server:
        pass

    with pytest.raises(Unavailable):
        await answer(f"{server.url}/mcp", CallTool("add", {}))


@pytest.mark.parametrize("status", [200, 404, 401, 500])
async def test_a_server_that_does_not_speak_the_protocol_is_refused(status: int) -> None:
    async with web_server({"/mcp": answered("<html>", status)}) as server:
        with pytest.raises(Rejected):
            await answer(f"{server.url}/mcp", CallTool("add", {}))


@pytest.mark.parametrize("value", ["Bearer s3cret\nx", "Bearer s3cret\x00", "Bearer s3cret€"])
async def test_a_header_that_cannot_be_sent_is_refused_and_not_shown(value: str) -> None:
    async with web_server({"/mcp": answered()}) as server:
        with pytest.raises(Rejected) as refusal:
            await answer(f"{server.url}/mcp", CallTool("add", {}), Authorization=value)

    assert "s3cret" not in str(refusal.value)
    assert server.asked == []


async def test_an_address_that_is_none_is_refused_and_not_shown() -> None:
    with pytest.raises(Rejected, match="address") as refusal:
        await answer("http://user:s3cret/x@mcp.example/", CallTool("add", {}))

    assert "s3cret" not in str(refusal.value)


async def test_a_packed_answer_is_refused_before_it_grows() -> None:
    packed = answered(
        gzip.compress(b" " * 10_000_000), content_type="application/json", content_encoding="gzip"
    )

    async with web_server({"/mcp": packed}) as server:
        with pytest.raises(Rejected, match="packed"):
            await answer(f"{server.url}/mcp", CallTool("add", {}))

    assert server.asked[0].headers["accept-encoding"] == "identity"


def _refusing(asked: Asked) -> bytes | Chunks | Awaitable[bytes]:
    error = {"code": -32000, "message": f"not with {asked.headers['authorization']}"}
    refusal = {"jsonrpc": "2.0", "id": orjson.loads(asked.body)["id"], "error": error}
    return answered(orjson.dumps(refusal), content_type="application/json")(asked)


async def test_a_refused_credential_is_not_shown() -> None:
    async with web_server({"/mcp": _refusing}) as server:
        with pytest.raises(Rejected, match="not with") as refusal:
            await answer(f"{server.url}/mcp", CallTool("add", {}), Authorization="Bearer hunter2")

    assert "hunter2" not in str(refusal.value)
