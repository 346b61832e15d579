"""Watch an execution over a connection, and stop watching it."""

from contextlib import suppress

from chaingraph.errors import Conflict, NotFound, Rejected
from chaingraph.ids import ConnectionId, RequestId
from chaingraph.interfaces import Executions, Subscriptions, User
from chaingraph.subscriptions import Subscription
from chaingraph.usecases.access import permitted_execution
from chaingraph.wire.messages import Subscribe
from chaingraph.wire.requests import starting_cursor, subscription_request


def subscription_of(connection_id: ConnectionId, message: Subscribe) -> Subscription:
    """What a client asks to watch. Raises Rejected with every wrong field, NotFound for another procedure."""
    request = subscription_request(message)
    return Subscription(
        connection_id=connection_id,
        request_id=message.id,
        execution_id=request.execution_id,
        event_types=frozenset(request.event_types),
        batch_size=request.batch_size,
        batch_timeout_ms=request.batch_timeout_ms,
        snapshot=request.snapshot,
        cursor=starting_cursor(message, request),
    )


async def subscribe(
    subscription: Subscription, user: User, *, executions: Executions, subscriptions: Subscriptions
) -> None:
    """The relay answers from here on. Raises NotFound, Forbidden, Rejected for an id that is in use."""
    await permitted_execution(subscription.execution_id, user, executions=executions)
    try:
        await subscriptions.add(subscription)
    except Conflict as error:
        raise Rejected(f"Duplicate id {subscription.request_id}") from error


async def unsubscribe(
    connection_id: ConnectionId, request_id: RequestId, *, subscriptions: Subscriptions
) -> None:
    """The relay ends it and says so. One that has ended already needs no answer: its `stopped` was sent."""
    with suppress(NotFound):
        await subscriptions.stop(connection_id, request_id)
