"""A client of a running system: tRPC over one WebSocket. Calls and subscriptions may overlap."""

import asyncio
import itertools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final, TypeAlias, cast

import aiohttp
import orjson

from chaingraph.cli.refusals import refusal
from chaingraph.errors import ChaingraphError, Unauthorized, Unavailable
from chaingraph.graph.json_types import JsonObject

ALIVE_SECONDS: Final = 20.0
Answer: TypeAlias = JsonObject | None
"""None: the connection was lost."""


@asynccontextmanager
async def connected(websocket_url: str, token: str) -> AsyncGenerator["Trpc"]:
    """Raises Unauthorized, and Unavailable where nothing answers."""
    async with (
        aiohttp.ClientSession() as session,
        await _open(session, websocket_url, token) as socket,
    ):
        client = Trpc(socket)
        reading = asyncio.create_task(client.read())
        try:
            yield client
        finally:
            reading.cancel()
            await asyncio.wait([reading])


class Trpc:
    """Every method raises what the system refuses with, and Unavailable when the connection is lost."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Queue[Answer]] = {}

    async def query(self, path: str, parameters: JsonObject) -> object:
        return await self._call("query", path, parameters)

    async def mutate(self, path: str, parameters: JsonObject) -> object:
        return await self._call("mutation", path, parameters)

    async def subscribe(
        self, path: str, parameters: JsonObject, *, last_event_id: str | None = None
    ) -> AsyncGenerator[JsonObject]:
        """The results of a subscription, from `started` on; the stream ends with it.

        `last_event_id`: the id of the last result that came over an earlier connection.
        """
        resumed: JsonObject = {} if last_event_id is None else {"lastEventId": last_event_id}
        request_id, answers = self._expect()
        try:
            await self._send(request_id, "subscription", {**_params(path, parameters), **resumed})
            while (result := _result(await answers.get()))["type"] != "stopped":
                yield result
        finally:
            del self._waiting[request_id]

    async def read(self) -> None:
        """Give every message to whom it answers, until the connection ends."""
        async for message in self._socket:
            if message.type is aiohttp.WSMsgType.TEXT and message.data.startswith("{"):
                self._received(orjson.loads(message.data))
        for answers in self._waiting.values():
            answers.put_nowait(None)

    def _received(self, answer: JsonObject) -> None:
        waiting = self._waiting.get(cast("int", answer.get("id")))
        if waiting is not None:
            waiting.put_nowait(answer)

    async def _call(self, method: str, path: str, parameters: JsonObject) -> object:
        request_id, answers = self._expect()
        try:
            await self._send(request_id, method, _params(path, parameters))
            return cast("JsonObject", _result(await answers.get())["data"])["json"]
        finally:
            del self._waiting[request_id]

    def _expect(self) -> tuple[int, asyncio.Queue[Answer]]:
        request_id, answers = next(self._ids), asyncio.Queue[Answer]()
        self._waiting[request_id] = answers
        return request_id, answers

    async def _send(self, request_id: int, method: str, params: JsonObject) -> None:
        try:
            await self._socket.send_str(
                orjson.dumps({"id": request_id, "method": method, "params": params}).decode()
            )
        except (aiohttp.ClientError, ConnectionError) as error:
            raise Unavailable("the connection was lost") from error


async def _open(
    session: aiohttp.ClientSession, websocket_url: str, token: str
) -> aiohttp.ClientWebSocketResponse:
    try:
        return await session.ws_connect(
            websocket_url, params={"token": token}, heartbeat=ALIVE_SECONDS, max_msg_size=0
        )
    except aiohttp.WSServerHandshakeError as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            raise Unauthorized("the token was refused") from error
        raise Unavailable(f"the connection was refused: {error.status}") from error
    except aiohttp.ClientError as error:
        raise Unavailable(f"{websocket_url} does not answer") from error


def _params(path: str, parameters: JsonObject) -> JsonObject:
    return {"path": path, "input": {"json": parameters}}


def _result(answer: Answer) -> JsonObject:
    if answer is None:
        raise Unavailable("the connection was lost")
    if "error" in answer:
        raise _refusal(cast("JsonObject", cast("JsonObject", answer["error"])["json"]))
    return cast("JsonObject", answer["result"])


def _refusal(error: JsonObject) -> ChaingraphError:
    code = cast("JsonObject", error["data"])["code"]
    return refusal(str(code), str(error["message"]))
