"""What the subscription function needs from outside."""

from dataclasses import dataclass

from chaingraph.interfaces import Connections, Executions, Identities, Subscriptions
from chaingraph.usecases.connect import KnownUsers


@dataclass(frozen=True, slots=True)
class SubscriptionAdapters:
    identities: Identities
    connections: Connections
    users: KnownUsers
    executions: Executions
    subscriptions: Subscriptions
