"""What the core needs from outside: one adapter for production, one fake, one contract suite for both.

All raise `Unavailable` when the other side does not answer; the call may then be repeated unless said
otherwise.
"""

from chaingraph.interfaces.connections import (
    Connection,
    Connections,
    Identities,
    PostOutcome,
    Posts,
    Subscriptions,
    User,
)
from chaingraph.interfaces.executions import (
    CallableFlow,
    Created,
    EventLog,
    Executions,
    Idempotency,
    Keyed,
    RootExecution,
)
from chaingraph.interfaces.flows import Flows, FlowSummary, Page, StoredFlow
from chaingraph.interfaces.history import History
from chaingraph.interfaces.large_values import LargeValues
from chaingraph.interfaces.queue import Queue
from chaingraph.interfaces.relays import (
    Assignment,
    Assignments,
    EventsWakeUp,
    Reconnected,
    RelayLease,
    SubscriptionWakeUp,
    WakeUp,
    WakeUps,
)
from chaingraph.interfaces.runs import Runs
from chaingraph.interfaces.waking import (
    FAILURES,
    Completion,
    Mailbox,
    Overdue,
    Stall,
    Stalled,
    TakenOver,
    Workflows,
)

__all__ = [
    "FAILURES",
    "Assignment",
    "Assignments",
    "CallableFlow",
    "Completion",
    "Connection",
    "Connections",
    "Created",
    "EventLog",
    "EventsWakeUp",
    "Executions",
    "FlowSummary",
    "Flows",
    "History",
    "Idempotency",
    "Identities",
    "Keyed",
    "LargeValues",
    "Mailbox",
    "Overdue",
    "Page",
    "PostOutcome",
    "Posts",
    "Queue",
    "Reconnected",
    "RelayLease",
    "RootExecution",
    "Runs",
    "Stall",
    "Stalled",
    "StoredFlow",
    "SubscriptionWakeUp",
    "Subscriptions",
    "TakenOver",
    "User",
    "WakeUp",
    "WakeUps",
    "Workflows",
]
