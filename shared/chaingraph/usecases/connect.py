"""The life of a client's connection, and who it belongs to."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from chaingraph.errors import Rejected, Unauthorized
from chaingraph.ids import ConnectionId
from chaingraph.interfaces import Connections, Identities, User

# Every message is an invocation of its own: a request may overtake the message with the identity.
IDENTITY_POLLS: Final = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.4, 0.5)
MOST_KNOWN: Final = 10_000


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
    """A connection never changes hands.

    Raises Unauthorized when the token is missing or refused, Rejected when the connection belongs to somebody
    else, NotFound when it is gone.
    """
    connection = await connections.read(connection_id)
    try:
        user = await _identified(token, identities)
    except Unauthorized:
        if connection.user is None:  # no request needs to wait for an identity any more
            await connections.add(connection_id, user=None, announces_identity=False)
        raise
    if connection.user not in (None, user):
        raise Rejected("the connection belongs to somebody else already")
    await connections.identify(connection_id, user)
    return user


async def _identified(token: str | None, identities: Identities) -> User:
    if not token:
        raise Unauthorized("the connectionParams carry no token")
    return await identities.identify(token)


async def disconnect(connection_id: ConnectionId, *, connections: Connections) -> None:
    await connections.remove(connection_id)


class KnownUsers:
    """Whose connections are: remembered once it is known, because a connection never changes hands."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._known: OrderedDict[ConnectionId, User] = OrderedDict()

    async def of(self, connection_id: ConnectionId) -> User:
        """Raises Unauthorized, NotFound."""
        known = self._known.get(connection_id)
        if known is None:
            known = self._known[connection_id] = await user_of(connection_id, connections=self._connections)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return known


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
