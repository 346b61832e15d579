"""What a test sees of a flow that has ended, and what it may assert of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chaingraph.graph.json_types import JsonObject, same_json

FLOW_ENDS: Final = {
    "flow:completed": "completed",
    "flow:failed": "failed",
    "flow:cancelled": "stopped",
    "flow:paused": "paused",
}


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """An event with the values that changed; `at_ms` is epoch milliseconds of the run's clock."""

    index: int
    type: str
    at_ms: int
    payload: JsonObject

    @property
    def subject(self) -> str:
        """The node or edge that it is about; empty for the flow."""
        return str(self.payload.get("nodeId", self.payload.get("edgeId", "")))

    def __str__(self) -> str:
        return f"{self.type} {self.subject}".strip()


@dataclass(frozen=True, slots=True)
class EndedNode:
    """`status`: completed, error, skipped, or what it was before when it never ran. `values`: by port id."""

    id: str
    status: str
    error: str
    values: JsonObject
    events: Sequence[SeenEvent]

    @property
    def lasted(self) -> timedelta:
        """From its first event to its last one, by the run's clock."""
        times = [event.at_ms for event in self.events]
        return timedelta(milliseconds=max(times, default=0) - min(times, default=0))

    @property
    def logged(self) -> list[str]:
        """What the body wrote to the log."""
        return [str(event.payload["log"]) for event in self.events if event.type == "node:debug-log-string"]

    def assert_completed(self) -> None:
        if self.status != "completed":
            reason = f" ({self.error})" if self.error else ""
            raise AssertionError(f"{self.id} has not completed: its status is {self.status}{reason}")

    def assert_failed(self, message: str) -> None:
        """It has failed with a message that has this part."""
        if self.status != "error":
            raise AssertionError(f"{self.id} has not failed: its status is {self.status}")
        if message not in self.error:
            raise AssertionError(f"{self.id} has failed with {self.error!r}, which has no {message!r} in it")

    def assert_values(self, **expected: object) -> None:
        """These ports have these values, as JSON; 1 and 1.0 are the same, true and 1 are not."""
        wrong = [
            f"{port}: expected {value!r}, found {self.values.get(port)!r}"
            for port, value in expected.items()
            if not same_json(self.values.get(port), value)
        ]
        if wrong:
            raise AssertionError("\n".join([f"values of {self.id} differ:", *wrong]))


@dataclass(frozen=True, slots=True)
class EndedFlow:
    """`lasted`: by the run's clock, waits included. `children`: the executions of emitted events."""

    status: str
    error: str
    lasted: timedelta
    nodes: dict[str, EndedNode]
    events: Sequence[SeenEvent]
    children: Sequence["EndedFlow"]

    def node(self, node_id: str) -> EndedNode:
        if node_id not in self.nodes:
            raise AssertionError(f"there is no node {node_id!r}; there are {', '.join(self.nodes)}")
        return self.nodes[node_id]

    def assert_completed(self) -> None:
        """The flow has completed, and none of its nodes has failed."""
        failed = [f"{node.id}: {node.error}" for node in self.nodes.values() if node.status == "error"]
        if self.status != "completed" or failed:
            raise AssertionError("\n".join([f"the flow has {self.status} {self.error}".strip(), *failed]))

    def assert_failed(self, message: str) -> None:
        """The flow as a whole has failed with a message that has this part."""
        if self.status != "failed" or message not in self.error:
            raise AssertionError(f"the flow has {self.status} {self.error!r}")

    def assert_events(self, *expected: str) -> None:
        """These came in this order, perhaps with others in between: "node:completed n", "flow:completed"."""
        seen = iter(self.events)
        for wanted in expected:
            if not any(str(event) == wanted for event in seen):
                raise AssertionError(
                    f"{wanted!r} did not come after what was expected before it:\n{self._listed()}"
                )

    def _listed(self) -> str:
        return "\n".join(f"{event.index} {event}" for event in self.events)
