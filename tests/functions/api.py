"""The functions behind the two APIs over fakes, fed with recorded payloads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson

from chaingraph.ids import ConnectionId
from chaingraph.interfaces import User
from chaingraph.usecases.connect import KnownUsers
from functions.control import routes as control
from functions.control.adapters import ControlAdapters
from functions.route_table import ANSWERED_ROUTES, CONTROL, WEBSOCKET_ROUTES
from functions.subscription import routes as subscription
from functions.subscription.adapters import SubscriptionAdapters
from tests.fakes.identities import FakeIdentities
from tests.scene import ADMIN, ALICE, BOB, Scene

HERE = ConnectionId("EhAbCdEfDoEAbcd=")
TOKENS: Mapping[str, User] = {"alices": ALICE, "bobs": BOB, "admins": ADMIN}


def payload(name: str) -> dict[str, Any]:
    path = Path(__file__).with_name("payloads") / f"{name}.json"
    return orjson.loads(path.read_bytes())


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    json: Any
    headers: Mapping[str, str]


@dataclass(slots=True)
class Api:
    scene: Scene = field(default_factory=Scene)

    @property
    def control(self) -> ControlAdapters:
        store = self.scene.store
        return ControlAdapters(
            flows=store.flows,
            executions=store.executions,
            event_log=store.event_log,
            mailbox=store.mailbox,
            queue=store.queue,
            workflows=self.scene.workflows,
            identities=FakeIdentities(TOKENS),
            users=KnownUsers(store.connections),
            subscriptions=store.subscriptions,
            posts=self.scene.posts,
            rules=self.scene.rules,
            catalogue=lambda: [{"category": "math"}],
            now=store.world.clock.now,
            randomness=self._count,
        )

    @property
    def subscription(self) -> SubscriptionAdapters:
        store = self.scene.store
        return SubscriptionAdapters(
            identities=FakeIdentities(TOKENS),
            connections=store.connections,
            users=KnownUsers(store.connections),
            executions=store.executions,
            subscriptions=store.subscriptions,
            posts=self.scene.posts,
        )

    def _count(self, length: int) -> bytes:
        """Ids that differ: as many as there are executions and flows already."""
        world = self.scene.store.world
        return (len(world.records) + len(world.flows)).to_bytes(length)

    async def connect(self, connection_id: str = HERE, **query: str) -> int:
        sent = payload("websocket_connect")
        sent["requestContext"]["connectionId"] = connection_id
        sent["queryStringParameters"] = query
        reply = await subscription.serve(sent, self.subscription)
        return int(str(reply["statusCode"]))

    async def disconnect(self) -> None:
        await subscription.serve(payload("websocket_disconnect"), self.subscription)

    async def send(self, message: object, connection_id: str = HERE) -> Any:
        """What the client receives as the answer: parsed, None when there is none."""
        text = message if isinstance(message, str) else orjson.dumps(message).decode()
        received = await self.send_text(text, connection_id)
        return None if received is None else orjson.loads(received)

    async def send_text(self, text: str, connection_id: str = HERE) -> str | None:
        """The one answer, as the response of the route or posted; None where there is none, or several."""
        posted = self.scene.posts.messages[ConnectionId(connection_id)]
        before = len(posted)
        answer = _body(await self._serve(message_payload(text, connection_id), _route(text)))
        if _route(text) in ANSWERED_ROUTES:
            return answer
        assert answer is None
        return posted[-1].decode() if len(posted) == before + 1 else None

    async def _serve(self, sent: Mapping[str, object], route: str) -> Mapping[str, object]:
        if WEBSOCKET_ROUTES[route] == CONTROL:
            return await control.serve(sent, self.control)
        return await subscription.serve(sent, self.subscription)

    async def http(
        self,
        route: str,
        named: Mapping[str, str] | None = None,
        *,
        bearer: str = "alices",
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> HttpAnswer:
        return await send_http(self.control, route, named, bearer=bearer, query=query, body=body)


async def send_http(
    adapters: ControlAdapters,
    route: str,
    named: Mapping[str, str] | None = None,
    *,
    bearer: str = "alices",
    query: Mapping[str, str] | None = None,
    body: object = None,
) -> HttpAnswer:
    """`named`: the parameters of the path."""
    sent = payload("http")
    sent["routeKey"] = sent["requestContext"]["routeKey"] = route
    sent["pathParameters"] = named or {}
    sent["headers"]["authorization"] = f"Bearer {bearer}"
    if query:
        sent["queryStringParameters"] = query
    if body is not None:
        sent["body"] = body if isinstance(body, str) else orjson.dumps(body).decode()
    return _read(await control.serve(sent, adapters))


async def send_message(adapters: ControlAdapters, message: object, connection_id: str = HERE) -> str | None:
    """To the control function, whatever the message is."""
    return _body(
        await control.serve(message_payload(orjson.dumps(message).decode(), connection_id), adapters)
    )


def message_payload(text: str, connection_id: str) -> dict[str, Any]:
    sent = payload("websocket_message")
    sent["requestContext"] |= {"connectionId": connection_id, "routeKey": _route(text)}
    sent["body"] = text
    return sent


def _route(text: str) -> str:
    """As API Gateway selects it: by the method of the body."""
    try:
        method = orjson.loads(text)["method"]
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return "$default"
    return method if method in WEBSOCKET_ROUTES else "$default"


def _body(reply: Mapping[str, object]) -> str | None:
    assert reply["statusCode"] == HTTPStatus.OK
    return str(reply["body"]) if "body" in reply else None


def _read(reply: Mapping[str, Any]) -> HttpAnswer:
    body = reply.get("body")
    return HttpAnswer(
        reply["statusCode"], None if body is None else orjson.loads(body), reply.get("headers", {})
    )


def call(path: str, request_id: object = 1, method: str = "mutation", **fields: object) -> dict[str, object]:
    return {"id": request_id, "method": method, "params": {"path": path, "input": {"json": fields}}}


def query(path: str, request_id: object = 1, **fields: object) -> dict[str, object]:
    return call(path, request_id, "query", **fields)


def watch(execution_id: str, request_id: object = 9, **fields: object) -> dict[str, object]:
    return call("subscribeToExecutionEvents", request_id, "subscription", executionId=execution_id, **fields)


async def api_with_flow() -> Api:
    """Alice is connected and has a flow."""
    api = Api()
    await api.scene.flow()
    await api.scene.store.connections.add(HERE, user=ALICE, announces_identity=False)
    return api
