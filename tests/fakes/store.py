"""The whole store in memory: every interface to one world."""

from dataclasses import dataclass

from tests.fakes.assignments import FakeAssignments
from tests.fakes.connections import FakeConnections
from tests.fakes.event_log import FakeEventLog
from tests.fakes.executions import FakeExecutions
from tests.fakes.flows import FakeFlows
from tests.fakes.history import FakeHistory
from tests.fakes.mailbox import FakeMailbox
from tests.fakes.overdue import FakeOverdue
from tests.fakes.queue import FakeQueue
from tests.fakes.relay_lease import FakeRelayLease
from tests.fakes.runs import FakeRuns
from tests.fakes.subscriptions import FakeSubscriptions
from tests.fakes.wake_ups import FakeWakeUps
from tests.fakes.world import World


@dataclass(frozen=True, slots=True)
class FakeStore:
    world: World
    flows: FakeFlows
    executions: FakeExecutions
    runs: FakeRuns
    event_log: FakeEventLog
    mailbox: FakeMailbox
    overdue: FakeOverdue
    queue: FakeQueue
    history: FakeHistory
    connections: FakeConnections
    subscriptions: FakeSubscriptions
    relay_lease: FakeRelayLease
    assignments: FakeAssignments
    wake_ups: FakeWakeUps


def fake_store() -> FakeStore:
    world = World()
    return FakeStore(
        world=world,
        flows=FakeFlows(world),
        executions=FakeExecutions(world),
        runs=FakeRuns(world),
        event_log=FakeEventLog(world),
        mailbox=FakeMailbox(world),
        overdue=FakeOverdue(world),
        queue=FakeQueue(world),
        history=FakeHistory(world),
        connections=FakeConnections(world),
        subscriptions=FakeSubscriptions(world),
        relay_lease=FakeRelayLease(world),
        assignments=FakeAssignments(world),
        wake_ups=FakeWakeUps(world),
    )
