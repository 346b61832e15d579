"""Wake-up hints to the relay: each in a transaction of its own, after the commit it tells of."""

from contextlib import suppress
from typing import Final

from chaingraph.errors import Unavailable
from chaingraph.ids import ConnectionId, EventIndex, ExecutionId
from chaingraph.postgres.database import Database

EVENTS_CHANNEL: Final = "chaingraph_events"
SUBSCRIPTIONS_CHANNEL: Final = "chaingraph_subscriptions"

NOTIFY: Final = "select pg_notify(%(channel)s, %(payload)s)"


async def hint_at_events(execution_id: ExecutionId, last: EventIndex, *, database: Database) -> None:
    """Raises Unavailable: then no hint was sent."""
    await database.run(NOTIFY, {"channel": EVENTS_CHANNEL, "payload": f"{execution_id}:{last}"})


async def hint_at_subscriptions(connection_id: ConnectionId, *, database: Database) -> None:
    """Lost silently when the database does not answer: the change it tells of has committed, and is found."""
    with suppress(Unavailable):
        await database.run(NOTIFY, {"channel": SUBSCRIPTIONS_CHANNEL, "payload": connection_id})
