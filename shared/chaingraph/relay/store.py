"""What the relay needs of the database."""

from dataclasses import dataclass

from chaingraph.interfaces import Assignments, Connections, EventLog, Executions, Subscriptions, WakeUps


@dataclass(frozen=True, slots=True)
class Store:
    events: EventLog
    executions: Executions
    connections: Connections
    subscriptions: Subscriptions
    assignments: Assignments
    wake_ups: WakeUps
