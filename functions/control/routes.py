"""From API Gateway's payloads to procedures and endpoints, and their answers back."""

import asyncio
from collections.abc import Mapping
from functools import partial

from chaingraph.aws.log_fields import note, note_execution
from chaingraph.errors import ChaingraphError, Rejected
from chaingraph.ids import ConnectionId
from chaingraph.interfaces import User
from chaingraph.usecases.subscribe import subscribe, subscription_of, unsubscribe
from chaingraph.wire.messages import (
    Batch,
    Call,
    ConnectionParams,
    Message,
    Ping,
    Pong,
    Refused,
    Request,
    StopSubscription,
    Subscribe,
)
from chaingraph.wire.replies import PONG, data_reply, error_reply
from chaingraph.wire.requests import call_request
from chaingraph.wire.superjson import encode
from functions.control.adapters import ControlAdapters
from functions.control.http_api import answer_http, refuse_http
from functions.control.procedures import run_procedure
from functions.route_table import ANSWERED_ROUTES
from functions.websocket import Reply, WebSocketPayload, post, post_answer, reply


async def serve(payload: Mapping[str, object], adapters: ControlAdapters) -> Reply:
    if "rawPath" in payload:
        return await answer_http(payload, adapters)
    request = WebSocketPayload.model_validate(payload)
    answer = await _answer(request.message(), request.connection_id, adapters)
    if request.route in ANSWERED_ROUTES:
        return reply(answer)
    await post(answer, request.connection_id, adapters.posts)
    return reply(None)


def refuse(payload: Mapping[str, object], error: Exception) -> Reply:
    """The reply to a request that met a fault of ours."""
    if "rawPath" in payload:
        return refuse_http(error)
    match WebSocketPayload.model_validate(payload).message():
        case Call(id=request_id, path=path) | Subscribe(id=request_id, path=path):
            return reply(error_reply(request_id, error, path))
        case _:
            return reply(None)


async def _answer(message: Message, connection_id: ConnectionId, adapters: ControlAdapters) -> bytes | None:
    match message:
        case Ping():
            return PONG
        case Pong():
            return None
        case Batch(requests=requests):
            await _answer_batch(requests, connection_id, adapters)
            return None
        case _:
            return await _answer_request(message, connection_id, adapters)


async def _answer_batch(
    requests: tuple[Request, ...], connection_id: ConnectionId, adapters: ControlAdapters
) -> None:
    """Each request is answered by a message of its own; one that fails does not touch the others."""
    answers = (_post_answer(request, connection_id, adapters) for request in requests)
    failures = [
        failure
        for failure in await asyncio.gather(*answers, return_exceptions=True)
        if isinstance(failure, Exception)
    ]
    if failures:
        raise ExceptionGroup("requests of a batch failed", failures)


async def _post_answer(request: Request, connection_id: ConnectionId, adapters: ControlAdapters) -> None:
    answering = _answer_request(request, connection_id, adapters)
    await post_answer(answering, partial(_failed, request), connection_id, adapters.posts)


def _failed(request: Request, error: Exception) -> bytes:
    match request:
        case Call(id=request_id, path=path) | Subscribe(id=request_id, path=path):
            return error_reply(request_id, error, path)
        case StopSubscription(id=request_id):
            return error_reply(request_id, error)
        case _:
            return error_reply(None, error)


async def _answer_request(
    request: Request, connection_id: ConnectionId, adapters: ControlAdapters
) -> bytes | None:
    match request:
        case Refused(reply=refused):
            return refused
        case Call() | Subscribe():
            return await _answer_identified(request, connection_id, adapters)
        case StopSubscription(id=request_id):
            await unsubscribe(connection_id, request_id, subscriptions=adapters.subscriptions)
            return None
        case ConnectionParams():
            return error_reply(None, Rejected("connectionParams must be a message of their own"))


async def _answer_identified(
    request: Call | Subscribe, connection_id: ConnectionId, adapters: ControlAdapters
) -> bytes | None:
    try:
        user = await adapters.users.of(connection_id)
        if isinstance(request, Call):
            return await _call(request, user, adapters)
        return await _subscribe(request, connection_id, user, adapters)
    except ChaingraphError as error:
        return error_reply(request.id, error, request.path)


async def _call(call: Call, user: User, adapters: ControlAdapters) -> bytes:
    answer = await run_procedure(call_request(call), user, adapters)
    return data_reply(call.id, encode(answer))


async def _subscribe(
    message: Subscribe, connection_id: ConnectionId, user: User, adapters: ControlAdapters
) -> None:
    subscription = subscription_of(connection_id, message)
    note("user_id", user.id)
    note_execution(subscription.execution_id)
    await subscribe(
        subscription,
        user,
        executions=adapters.executions,
        subscriptions=adapters.subscriptions,
    )
