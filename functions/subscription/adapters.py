"""What the subscription function needs from outside."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chaingraph.interfaces import Connections, Executions, Identities, Posts, Subscriptions
from chaingraph.usecases.connect import KnownUsers


@dataclass(frozen=True, slots=True)
class SubscriptionAdapters:
    identities: Identities
    connections: Connections
    users: KnownUsers
    executions: Executions
    subscriptions: Subscriptions
    posts: Posts
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
