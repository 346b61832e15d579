"""What bodies of nodes did, and what they ran on: it outlives every crash."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chaingraph.graph.node_types import Scope


@dataclass(frozen=True, slots=True)
class BodyRun:
    """One run of a body. `saw`: the values of its input ports when it began."""

    execution_id: str
    node_id: str
    attempt: int
    key: str
    is_pure: bool
    saw: Mapping[str, object]


@dataclass(slots=True)
class Ledger:
    """`look` is asked whether a body may run now; what it answers is a violation."""

    runs: list[BodyRun] = field(default_factory=list[BodyRun])
    violations: list[str] = field(default_factory=list[str])
    look: Callable[[BodyRun], str | None] = lambda _: None

    def begin(self, scope: Scope, *, is_pure: bool, saw: Mapping[str, object]) -> None:
        run = BodyRun(scope.execution_id, scope.node_id, scope.attempt, scope.idempotency_key, is_pure, saw)
        self.runs.append(run)
        violation = self.look(run)
        if violation is not None:
            self.violations.append(f"{run.node_id}, attempt {run.attempt}: {violation}")

    def keys(self) -> dict[tuple[str, str], set[str]]:
        """The idempotency keys that each node of each execution was run with."""
        found: dict[tuple[str, str], set[str]] = {}
        for run in self.runs:
            found.setdefault((run.execution_id, run.node_id), set()).add(run.key)
        return found
