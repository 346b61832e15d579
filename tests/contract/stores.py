"""The store through its interfaces only, fake or real."""

from dataclasses import dataclass

from chaingraph.interfaces import (
    Assignments,
    Connections,
    EventLog,
    Executions,
    Flows,
    History,
    Mailbox,
    Overdue,
    Queue,
    RelayLease,
    Runs,
    Subscriptions,
    WakeUps,
)
from chaingraph.postgres.assignments import PostgresAssignments
from chaingraph.postgres.connections import PostgresConnections
from chaingraph.postgres.database import Database
from chaingraph.postgres.event_log import PostgresEventLog
from chaingraph.postgres.executions import PostgresExecutions
from chaingraph.postgres.flows import PostgresFlows
from chaingraph.postgres.history import PostgresHistory
from chaingraph.postgres.mailbox import PostgresMailbox
from chaingraph.postgres.overdue import PostgresOverdue
from chaingraph.postgres.queue import PostgresQueue
from chaingraph.postgres.relay_lease import PostgresRelayLease
from chaingraph.postgres.runs import PostgresRuns
from chaingraph.postgres.subscriptions import PostgresSubscriptions
from chaingraph.postgres.wake_ups import PostgresWakeUps
from tests.fakes.store import FakeStore, fake_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    flows: Flows
    executions: Executions
    runs: Runs
    event_log: EventLog
    mailbox: Mailbox
    overdue: Overdue
    queue: Queue
    history: History
    connections: Connections
    subscriptions: Subscriptions
    relay_lease: RelayLease
    assignments: Assignments
    wake_ups: WakeUps


def in_memory() -> Store:
    return store_of(fake_store())


def store_of(fake: FakeStore) -> Store:
    return Store(
        flows=fake.flows,
        executions=fake.executions,
        runs=fake.runs,
        event_log=fake.event_log,
        mailbox=fake.mailbox,
        overdue=fake.overdue,
        queue=fake.queue,
        history=fake.history,
        connections=fake.connections,
        subscriptions=fake.subscriptions,
        relay_lease=fake.relay_lease,
        assignments=fake.assignments,
        wake_ups=fake.wake_ups,
    )


def in_postgres(url: str, database: Database) -> Store:
    return Store(
        flows=PostgresFlows(database),
        executions=PostgresExecutions(database),
        runs=PostgresRuns(database),
        event_log=PostgresEventLog(database),
        mailbox=PostgresMailbox(database),
        overdue=PostgresOverdue(database),
        queue=PostgresQueue(database),
        history=PostgresHistory(database),
        connections=PostgresConnections(database),
        subscriptions=PostgresSubscriptions(database),
        relay_lease=PostgresRelayLease(database),
        assignments=PostgresAssignments(database),
        wake_ups=PostgresWakeUps(url),
    )
