"""From the WebSocket API's payloads to the use cases of connections and subscriptions."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Final

from chaingraph.aws.log_fields import note, note_execution
from chaingraph.errors import ChaingraphError, Rejected, Unavailable
from chaingraph.ids import ConnectionId
from chaingraph.subscriptions import Subscription
from chaingraph.usecases.connect import (
    connect,
    connect_announcing,
    disconnect,
    identify_connection,
)
from chaingraph.usecases.subscribe import subscribe, subscription_of, unsubscribe
from chaingraph.wire.messages import Batch, Call, ConnectionParams, Message, Ping, Pong, Refused, Subscribe
from chaingraph.wire.messages import StopSubscription as Stop
from chaingraph.wire.replies import PONG, error_reply, http_status
from functions.subscription.adapters import SubscriptionAdapters
from functions.websocket import Reply, WebSocketPayload, post_answer, refusal, reply

# ChainGraph's clients name it so.
TOKEN_PARAMETERS: Final = ("sessionBadAI", "token")

# Between tries while the database does not answer.
PAUSES_SECONDS: Final = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


async def serve(payload: Mapping[str, object], adapters: SubscriptionAdapters) -> Reply:
    request = WebSocketPayload.model_validate(payload)
    match request.route:
        case "$connect":
            return await _connect(request, adapters)
        case "$disconnect":
            await disconnect(request.connection_id, connections=adapters.connections)
            return reply(None)
        case _:
            await _serve_message(request.message(), request.connection_id, adapters)
            return reply(None)


def refuse(payload: Mapping[str, object], error: Exception) -> Reply:
    """The client has been told of a fault of ours already, as far as it could be."""
    del error
    request = WebSocketPayload.model_validate(payload)
    if request.route == "$connect":
        return refusal(HTTPStatus.INTERNAL_SERVER_ERROR)
    return reply(None)


def token_in(values: Mapping[str, str | None]) -> str | None:
    found = (values.get(name) for name in TOKEN_PARAMETERS)
    return next((token for token in found if token), None)


async def _connect(request: WebSocketPayload, adapters: SubscriptionAdapters) -> Reply:
    token = token_in(request.query)
    try:
        if token is None and request.query.get("connectionParams") == "1":
            await connect_announcing(request.connection_id, connections=adapters.connections)
        else:
            await connect(
                request.connection_id, token, identities=adapters.identities, connections=adapters.connections
            )
    except ChaingraphError as error:
        return refusal(HTTPStatus(http_status(error)))
    return reply(None)


async def _serve_message(
    message: Message, connection_id: ConnectionId, adapters: SubscriptionAdapters
) -> None:
    """Most messages have no answer: the relay says when a subscription has begun."""
    answering = _answer(message, connection_id, adapters)
    await post_answer(answering, partial(_failed, message), connection_id, adapters.posts)


def _failed(message: Message, error: Exception) -> bytes | None:
    return error_reply(message.id, error, message.path) if isinstance(message, Subscribe) else None


async def _answer(
    message: Message, connection_id: ConnectionId, adapters: SubscriptionAdapters
) -> bytes | None:
    match message:
        case Subscribe():
            return await _subscribe(message, connection_id, adapters)
        case Stop(id=request_id):
            await unsubscribe(connection_id, request_id, subscriptions=adapters.subscriptions)
            return None
        case ConnectionParams(values=values):
            return await _identify(token_in(values), connection_id, adapters)
        case Refused(reply=refused):
            return refused
        case Call(id=request_id, path=path):
            return error_reply(request_id, Rejected("calls are not answered on this route"), path)
        case Ping():
            return PONG
        case Pong() | Batch():
            return None


async def _subscribe(
    message: Subscribe, connection_id: ConnectionId, adapters: SubscriptionAdapters
) -> bytes | None:
    try:
        subscription = subscription_of(connection_id, message)
        note_execution(subscription.execution_id)
        await _watch(subscription, adapters)
    except ChaingraphError as error:
        return error_reply(message.id, error, message.path)
    return None


async def _watch(subscription: Subscription, adapters: SubscriptionAdapters) -> None:
    """Clients take an error for the end of a subscription: a database that is away for seconds is awaited."""
    for pause in PAUSES_SECONDS:
        try:
            return await _watch_at_once(subscription, adapters)
        except Unavailable:
            await adapters.sleep(pause)
        if await _is_watched(subscription, adapters):
            return None  # it has landed, the reply was lost
    return await _watch_at_once(subscription, adapters)


async def _watch_at_once(subscription: Subscription, adapters: SubscriptionAdapters) -> None:
    user = await adapters.users.of(subscription.connection_id)
    note("user_id", user.id)
    await subscribe(subscription, user, executions=adapters.executions, subscriptions=adapters.subscriptions)


async def _is_watched(subscription: Subscription, adapters: SubscriptionAdapters) -> bool:
    with suppress(Unavailable):
        there = await adapters.subscriptions.of_connection(subscription.connection_id)
        return any(each.request_id == subscription.request_id for each in there)
    return False


async def _identify(
    token: str | None, connection_id: ConnectionId, adapters: SubscriptionAdapters
) -> bytes | None:
    """Without an answer when it is accepted; a refusal belongs to no request, so it has no id."""
    try:
        user = await identify_connection(
            connection_id, token, identities=adapters.identities, connections=adapters.connections
        )
        note("user_id", user.id)
    except ChaingraphError as error:
        return error_reply(None, error)
    return None
