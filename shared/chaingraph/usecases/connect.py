"""The life of a client's connection, and who it belongs to."""

import asyncio
from collections.abc import Iterable
from typing import Final

from chaingraph.errors import Unauthorized
from chaingraph.ids import ConnectionId
from chaingraph.interfaces import Connections, Identities, User

# Every message is an invocation of its own: a request may overtake the message with the identity.
IDENTITY_POLLS: Final = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.4, 0.5)


async def connect(
    connection_id: ConnectionId, token: str | None, *, identities: Identities, connections: Connections
) -> None:
    """Raises Unauthorized when the token is refused; without a token the connection has no identity yet."""
    user = await identities.identify(token) if token else None
    await connections.add(connection_id, user=user, announces_identity=False)


async def connect_announcing(connection_id: ConnectionId, *, connections: Connections) -> None:
    """The client has said that its identity comes in a message."""
    await connections.add(connection_id, user=None, announces_identity=True)


async def identify_connection(
    connection_id: ConnectionId, token: str | None, *, identities: Identities, connections: Connections
) -> User:
    """Raises Unauthorized when the token is missing or refused, NotFound when the connection is gone."""
    if not token:
        raise Unauthorized("the connectionParams carry no token")
    user = await identities.identify(token)
    await connections.identify(connection_id, user)
    return user


async def disconnect(connection_id: ConnectionId, *, connections: Connections) -> None:
    await connections.remove(connection_id)


async def user_of(
    connection_id: ConnectionId, *, connections: Connections, polls: Iterable[float] = IDENTITY_POLLS
) -> User:
    """Who the connection belongs to; waits briefly for an identity that was announced.

    Raises Unauthorized, NotFound.
    """
    connection = await connections.read(connection_id)
    for seconds in polls:
        if connection.user or not connection.announces_identity:
            break
        await asyncio.sleep(seconds)
        connection = await connections.read(connection_id)
    if connection.user is None:
        raise Unauthorized("the connection is not authenticated: send a token")
    return connection.user
