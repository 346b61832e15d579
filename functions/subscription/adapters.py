"""What the subscription function needs from outside."""

from dataclasses import dataclass

from chaingraph.interfaces import Connections, Executions, Identities, Subscriptions


@dataclass(frozen=True, slots=True)
class SubscriptionAdapters:
    identities: Identities
    connections: Connections
    executions: Executions
    subscriptions: Subscriptions
