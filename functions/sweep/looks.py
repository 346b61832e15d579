"""Where the sweep looks, and what it needs for that."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from chaingraph.execution.slots import LineReport, SlotLimits
from chaingraph.ids import WorkerId
from chaingraph.interfaces import Connections, History, Overdue, Posts
from chaingraph.usecases.call_next import call_next
from chaingraph.usecases.forget_old import forget_documents, forget_events
from chaingraph.usecases.slices import Outside
from chaingraph.usecases.sweep import (
    close_unidentified,
    remove_orphans,
    stop_left_behind,
    tell_callers,
    wake_parents,
    wake_unseen,
)
from chaingraph.usecases.take_over import Rescuer, take_over_stalled

Look = Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class SweepSettings:
    """`most_failures`: so many deaths without a new node result between them end an execution."""

    stalled_after_ms: int
    start_timeout_ms: int
    identification_timeout_seconds: int
    most_failures: int
    retention_ms: int
    slots: SlotLimits


@dataclass(frozen=True, slots=True)
class SweepReport:
    """How much each look found, and how the line stands."""

    found: Mapping[str, int]
    line: LineReport


@dataclass(frozen=True, slots=True)
class SweepAdapters:
    outside: Outside
    overdue: Overdue
    connections: Connections
    posts: Posts
    history: History
    settings: SweepSettings
    worker_id: WorkerId
    now: Callable[[], datetime]
    on_report: Callable[[SweepReport], None] = lambda _: None

    @property
    def rescuer(self) -> Rescuer:
        return Rescuer(self.outside, self.overdue, self.worker_id, self.settings.most_failures)


def looks(adapters: SweepAdapters) -> Mapping[str, Look]:
    """By the name under which the answer says how much was found."""
    return {**_at_executions(adapters), **_at_connections(adapters), **_at_history(adapters)}


def _at_executions(adapters: SweepAdapters) -> Mapping[str, Look]:
    outside, overdue, settings = adapters.outside, adapters.overdue, adapters.settings
    mailbox, workflows = outside.mailbox, outside.workflows
    return {
        "woken": partial(wake_unseen, overdue=overdue, mailbox=mailbox, workflows=workflows),
        "parents": partial(wake_parents, overdue=overdue, mailbox=mailbox, workflows=workflows),
        "callers": partial(tell_callers, overdue=overdue, outside=outside),
        "stopped": partial(stop_left_behind, overdue=overdue, outside=outside),
        "restarted": partial(
            take_over_stalled,
            older_than_ms=settings.stalled_after_ms,
            start_timeout_ms=settings.start_timeout_ms,
            rescuer=adapters.rescuer,
        ),
        "called": partial(
            call_next, settings.slots, queue=outside.queue, mailbox=mailbox, workflows=workflows
        ),
    }


def _at_connections(adapters: SweepAdapters) -> Mapping[str, Look]:
    now, connections = adapters.now(), adapters.connections
    return {
        "closed": partial(
            close_unidentified,
            now,
            timeout_seconds=adapters.settings.identification_timeout_seconds,
            connections=connections,
            posts=adapters.posts,
        ),
        "orphans": partial(remove_orphans, now, connections=connections),
    }


def _at_history(adapters: SweepAdapters) -> Mapping[str, Look]:
    old, history = adapters.settings.retention_ms, adapters.history
    return {
        "events": partial(forget_events, older_than_ms=old, history=history),
        "documents": partial(forget_documents, older_than_ms=old, history=history),
    }
