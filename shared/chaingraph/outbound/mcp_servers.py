"""MCP servers over streamable HTTP, each question in a session of its own."""

import asyncio
from collections.abc import Iterator
from typing import Final

import httpx2
import mcp_types as types
from mcp import Client, MCPError, UriTemplate
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.dispatcher import ProgressFnT
from pydantic import BaseModel, ValidationError

from chaingraph.errors import ChaingraphError, Rejected, Unavailable
from chaingraph.graph.facilities import CallTool, GetPrompt, McpRequest, McpServer, OnProgress, ReadResource
from chaingraph.graph.json_types import JsonObject
from chaingraph.graph.redaction import without_words
from chaingraph.outbound.addresses import AllowList
from chaingraph.outbound.guarded_transport import GuardedTransport, guarded_transport

QUIET_SECONDS: Final = 30.0
TOTAL_SECONDS: Final = 900.0
# Shorter ones stand in any text.
SHORTEST_WORD: Final = 6


class GuardedMcpServers:
    """Implements `McpServers`. `quiet_seconds`: the longest without progress; `total_seconds`: in all."""

    def __init__(
        self,
        transport: GuardedTransport,
        *,
        quiet_seconds: float = QUIET_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._transport = transport
        self._quiet_seconds = quiet_seconds
        self._total_seconds = total_seconds

    async def ask(self, server: McpServer, request: McpRequest, on_progress: OnProgress) -> JsonObject:
        try:
            async with asyncio.timeout(self._total_seconds), asyncio.timeout(self._quiet_seconds) as quiet:
                answer = await self._answer(server, request, self._progress(on_progress, quiet))
        except TimeoutError as error:
            raise Unavailable(f"the MCP server did not answer within {self._quiet_seconds:g} s") from error
        except Exception as error:
            known = _known(error)
            if known is None:
                raise
            raise _without_words(known, server) from None
        return answer.model_dump(by_alias=True, mode="json", exclude_none=True)

    async def _answer(self, server: McpServer, request: McpRequest, progress: ProgressFnT) -> BaseModel:
        # The time limits are ours: the library's own would end the waiting for a slow tool.
        http = httpx2.AsyncClient(
            transport=self._transport,
            headers={**server.headers, "Accept-Encoding": "identity"},
            event_hooks={"response": [_refuse_packed]},
            trust_env=False,
            timeout=None,
        )
        async with http, Client(streamable_http_client(server.url, http_client=http), cache=None) as client:
            return await _asked(client, request, progress)

    def _progress(self, on_progress: OnProgress, quiet: asyncio.Timeout) -> ProgressFnT:
        async def heard(progress: float, total: float | None, message: str | None) -> None:
            quiet.reschedule(asyncio.get_running_loop().time() + self._quiet_seconds)
            known = {"progress": progress, "total": total, "message": message}
            on_progress({name: value for name, value in known.items() if value is not None})

        return heard


def guarded_mcp_servers(allowed: AllowList, max_response_bytes: int) -> GuardedMcpServers:
    return GuardedMcpServers(guarded_transport(allowed, max_response_bytes))


async def _refuse_packed(response: httpx2.Response) -> None:
    """The library reads answers whole, and a small one could be unpacked to any size."""
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Rejected("the MCP server sends a packed answer, which it was not asked for")


async def _asked(client: Client, request: McpRequest, progress: ProgressFnT) -> BaseModel:
    match request:
        case CallTool():
            return await client.call_tool(request.name, request.arguments, progress_callback=progress)
        case ReadResource():
            read = types.ReadResourceRequest(params=types.ReadResourceRequestParams(uri=_expanded(request)))
            return await client.session.send_request(
                read, types.ReadResourceResult, progress_callback=progress
            )
        case GetPrompt():
            wanted = types.GetPromptRequestParams(name=request.name, arguments=dict(request.arguments))
            prompt = types.GetPromptRequest(params=wanted)
            return await client.session.send_request(
                prompt, types.GetPromptResult, progress_callback=progress
            )


def _expanded(request: ReadResource) -> str:
    try:
        return UriTemplate.parse(request.uri).expand(request.arguments) if request.arguments else request.uri
    except ValueError as error:
        raise Rejected(f"{request.uri} is not a template of a URI: {error}") from error


def _known(error: BaseException) -> ChaingraphError | None:
    """What the caller shall do about an error, which may stand in groups of errors."""
    for leaf in _leaves(error):
        match leaf:
            case ChaingraphError():
                return leaf
            case MCPError():
                return Rejected(leaf.message)
            case httpx2.LocalProtocolError() | UnicodeEncodeError():
                # Its text would show the header.
                return Rejected("a header of the request to the MCP server cannot be sent")
            case httpx2.InvalidURL():
                return Rejected("the address of the MCP server is not valid")
            case httpx2.HTTPError():
                return Unavailable(f"no answer from the MCP server: {leaf}")
            case ValidationError():
                return Rejected("the MCP server's answer is not as the protocol has it")
            case _:
                pass
    return None


def _without_words(error: ChaingraphError, server: McpServer) -> ChaingraphError:
    """A server may repeat the credential that it refuses."""
    words = " ".join(server.headers.values()).split()
    shown = without_words(error.message, (word for word in words if len(word) >= SHORTEST_WORD))
    return error if shown == error.message else type(error)(shown)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            yield from _leaves(inner)  # pyright: ignore[reportUnknownArgumentType]
    else:
        yield error
