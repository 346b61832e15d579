"""One node in one run: the values of its ports, and how far it has come."""

from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

from chaingraph.engine.bodies import shown
from chaingraph.engine.plan import Link, NodePlan
from chaingraph.errors import Rejected
from chaingraph.execution.callbacks import OpenCallback
from chaingraph.execution.calls import OpenCall
from chaingraph.graph.flow import Direction
from chaingraph.graph.json_types import same_json
from chaingraph.graph.missing import MISSING
from chaingraph.graph.streams import Stream
from chaingraph.graph.values import initial_values, raw_form, stored_form
from chaingraph.ids import PortId

_SCALARS = frozenset({str, int, float, bool, type(MISSING)})


class Phase(IntEnum):
    """`EXCLUDED`: may not run in this run. `STARTED`: its body runs, or waits to. `HELD`: at a breakpoint."""

    IDLE = 0
    QUEUED = 1
    STARTED = 2
    ENDED = 3
    EXCLUDED = 4
    HELD = 5


class Wait(NamedTuple):
    """A sleep: when its body asked for it, and when it is over (epoch milliseconds)."""

    began_ms: int
    wake_ms: int


class NodeRun:
    """Mutable; only `Run` and the node's own body (its values) write to it.

    `system`: execute, success, error, error message. `chosen`: the links whose values were transferred.
    `ready_links`: links that must be resolved before a started node of an earlier slice may go on. `inputs`:
    the encoded values that its body starts from, once it has started. `waits`: the sleeps that its body has
    begun, in order; `callbacks` likewise, `calls` by key. `cuts`: how often the end of a slice has cut its
    body off. `earlier_ms`: time used in earlier slices.
    """

    __slots__ = (
        "attempt",
        "callbacks",
        "calls",
        "children_left",
        "chosen",
        "cuts",
        "earlier_ms",
        "emitted",
        "error",
        "inputs",
        "is_held",
        "phase",
        "picked_at_ms",
        "plan",
        "ready_links",
        "resolved_early",
        "retry_at_ms",
        "satisfied",
        "status",
        "system",
        "tries",
        "unsatisfied",
        "values",
        "waits",
    )

    def __init__(self, plan: NodePlan) -> None:
        node = plan.node
        self.plan = plan
        self.phase = Phase.IDLE
        self.status = node.status
        self.system: list[object] = [node.system.execute, True, False, ""]
        self.values: dict[PortId, object] = {}
        self.unsatisfied = len(plan.slots)
        self.satisfied = [False] * len(plan.slots)
        self.children_left = plan.child_count
        self.chosen: tuple[Link, ...] = ()
        self.ready_links: tuple[Link, ...] | None = None
        self.resolved_early: list[PortId] = []
        self.emitted: list[tuple[str, object]] = []
        self.error: str | None = None
        self.inputs = b""
        self.is_held = False
        self.waits: list[Wait] = []
        self.calls: dict[str, OpenCall] = {}
        self.callbacks: list[OpenCallback] = []
        self.cuts = self.tries = self.retry_at_ms = 0
        self.attempt = 0
        self.earlier_ms = 0
        self.picked_at_ms = 0

    def check_running(self) -> None:
        """Raises Rejected after the node's end: what its body left behind has nothing more to say."""
        if self.phase is Phase.ENDED:
            raise Rejected(f"node {self.plan.node.id} has ended")

    def load_values(self) -> None:
        """Take a fresh copy of the stored values: a run never changes the flow it shares with others."""
        self.values = initial_values(self.plan.node)

    def should_execute(self) -> bool:
        node = self.plan.node
        return self.system[0] is True if node.has_flow_ports else node.runs_by_itself

    def changed_values(self) -> dict[PortId, object]:
        """Stored forms of the root ports that differ from the document; None where a value is gone."""
        values, before = self.values, self.plan.node.values
        changed: dict[PortId, object] = {}
        for port_id, port in self.plan.node.ports.items():
            value, stored = values.get(port_id, MISSING), before.get(port_id, MISSING)
            if type(value) is type(stored) and value == stored and type(value) in _SCALARS:
                continue
            form = None if value is MISSING else stored_form(port, value)
            if not same_json(form, stored):
                redact = self.plan.redactions.get(port_id)
                changed[port_id] = form if redact is None else shown(redact, form)
        return changed

    def raw_values(self, forms: Mapping[PortId, object]) -> dict[PortId, object]:
        """Those of the values whose stored form is not what bodies see."""
        raw: dict[PortId, object] = {}
        for port_id, form in forms.items():
            value = self.values.get(port_id)
            if type(value) is type(form) or port_id in self.plan.redactions:
                continue
            seen = raw_form(self.plan.node.ports[port_id], value, form)
            if seen is not MISSING:
                raw[port_id] = seen
        return raw

    def drop_unstorable(self) -> None:
        """Take out what a failed body left behind that is no value."""
        for port_id, port in self.plan.node.ports.items():
            try:
                stored_form(port, self.values.get(port_id, MISSING))
            except Rejected:
                del self.values[port_id]

    def fail_streams(self, message: str) -> None:
        """Readers of a failed producer end with its error instead of waiting for ever."""
        for port_id, port in self.plan.node.ports.items():
            value = self.values.get(port_id)
            if port.direction is Direction.OUTPUT and isinstance(value, Stream) and not value.is_closed:
                value.fail(message)

    def changed_system(self) -> list[object] | None:
        stored, now = self.plan.node.system, self.system
        before = [stored.execute, stored.success, stored.error, stored.error_message]
        return None if now == before else now
