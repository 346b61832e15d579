"""A stand-in for a running system: answers as the API does, from what a test puts into it."""

import base64
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from chaingraph.cli.endpoint import Endpoint


def token_of(user: str) -> str:
    claims = base64.urlsafe_b64encode(orjson.dumps({"sub": user})).decode().rstrip("=")
    return f"e30.{claims}.c2ln"


def event(index: int, type_: str, **facts: object) -> dict[str, Any]:
    at = f"2026-01-05T08:00:{index + 1:02}.000Z"
    return {"index": index, "type": type_, "timestamp": at, "data": {"json": facts}}


class StandIn:
    """`flows`, `executions`, `streams`: what it holds. `asked`: the requests and subscriptions it got.

    `cuts`: after how many events the next connections are cut. `refusals`: what a path is answered with
    instead.
    """

    def __init__(self) -> None:
        self.flows: dict[str, dict[str, Any]] = {}
        self.executions: dict[str, dict[str, Any]] = {}
        self.streams: dict[str, Sequence[Mapping[str, Any]]] = {}
        self.asked: list[Any] = []
        self.cuts: list[int] = []
        self.refusals: dict[str, Callable[[], web.Response]] = {}
        self.page_size = 100
        self.lost_answers: set[str] = set()

    def refuse(self, path: str, status: int, code: str, message: str) -> None:
        self.refusals[path] = lambda: _refusal(status, code, message)

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/", self._websocket)
        application.router.add_route("*", "/v1/{path:.*}", self._http)
        return application

    async def _http(self, request: web.Request) -> web.StreamResponse:
        path, body = request.match_info["path"], await request.read()
        sent = orjson.loads(body) if body else None
        self.asked.append((request.method, path, sent))
        if path in self.lost_answers:
            self.lost_answers.remove(path)
            assert request.transport is not None
            request.transport.close()
        return self.refusals[path]() if path in self.refusals else self._answer(request, path, sent)

    def _answer(self, request: web.Request, path: str, sent: Any) -> web.Response:
        match request.method, *path.split("/"):
            case "POST", "flows":
                return self._store(sent)
            case "POST", "executions":
                return web.json_response({"executionId": next(iter(self.streams))}, status=201)
            case "POST", "executions", _, _:
                return web.json_response({"success": True})
            case (("PUT" | "DELETE"), "executions", _, "breakpoints", _):
                return web.json_response({"success": True})
            case "GET", ("flows" | "executions") as kind:
                return self._page(kind, request.query)
            case "GET", kind, found:
                held = {"flows": self.flows, "executions": self.executions}[kind]
                return web.json_response(held[found]) if found in held else _not_found(found)
            case "GET", "flows", _, "executions":
                roots = [{"execution": execution} for execution in self.executions.values()]
                return web.json_response({"executions": roots, "next": None})
            case _:
                return _not_found(path)

    def _store(self, document: dict[str, Any]) -> web.Response:
        flow_id = document.setdefault("id", f"fresh{len(self.flows)}")
        if flow_id in self.flows:
            return _refusal(409, "CONFLICT", f"there is a flow {flow_id}")
        metadata = {**document.get("metadata", {}), "id": flow_id, "ownerID": "x"}
        self.flows[flow_id] = {"id": flow_id, "document": {**document, "metadata": metadata}}
        return web.json_response(self.flows[flow_id], status=201)

    def _page(self, kind: str, query: Mapping[str, str]) -> web.Response:
        held = list({"flows": self.flows, "executions": self.executions}[kind].values())
        first, size = int(query.get("before", "0")), min(int(query["limit"]), self.page_size)
        following = str(first + size) if first + size < len(held) else None
        return web.json_response({kind: held[first : first + size], "next": following})

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        left = self.cuts.pop(0) if self.cuts else 1000
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            left = await self._subscription(socket, orjson.loads(message.data), left)
            if left == 0:
                assert request.transport is not None
                request.transport.close()
        return socket

    async def _subscription(self, socket: web.WebSocketResponse, request: dict[str, Any], left: int) -> int:
        asked = request["params"]["input"]["json"]
        last = request["params"].get("lastEventId")
        self.asked.append(("subscription", asked, last))
        if asked["executionId"] not in self.streams:
            await _say(socket, request, error={"json": {"message": "nobody", "data": {"code": "NOT_FOUND"}}})
            return left
        await _say(socket, request, result={"type": "started"})
        for found in self._events(asked, last):
            if left == 0:
                return left
            told = {"type": "data", "id": str(found["index"]), "data": {"json": [found]}}
            await _say(socket, request, result=told)
            left -= 1
        if left:
            await _say(socket, request, result={"type": "stopped"})
        return left

    def _events(self, asked: Mapping[str, Any], last: str | None) -> list[Mapping[str, Any]]:
        first = int(last) + 1 if last is not None else asked["fromIndex"] or -1
        return [found for found in self.streams[asked["executionId"]] if found["index"] >= first]


@asynccontextmanager
async def serving(stand_in: StandIn) -> AsyncGenerator[Endpoint]:
    async with TestServer(stand_in.application(), host="127.0.0.1") as server:
        address = server.make_url("").authority
        yield Endpoint(f"http://{address}", f"ws://{address}", token_of("alice"))


async def _say(socket: web.WebSocketResponse, request: Mapping[str, Any], **told: object) -> None:
    await socket.send_str(orjson.dumps({"id": request["id"], **told}).decode())


def _not_found(what: str) -> web.Response:
    return _refusal(404, "NOT_FOUND", f"there is no {what}")


def _refusal(status: int, code: str, message: str) -> web.Response:
    problem = {"path": "here", "message": "wrong"}
    return web.json_response(
        {"error": {"code": code, "message": message, "problems": [problem]}}, status=status
    )
