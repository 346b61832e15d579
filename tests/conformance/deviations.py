"""What this engine does on purpose where a case shows a weak spot of the reference engine."""

from collections.abc import Iterable
from dataclasses import replace

from chaingraph.engine.binding import runnable_nodes
from chaingraph.engine.run import NEVER_READY
from tests.conformance.case import Case, Played
from tests.conformance.comparison import differences

# A flow with a part that cannot run is refused with every problem, instead of running without it.
REFUSED = frozenset({31, 33})
# Nodes that can never become ready are reported as skipped before the final event.
REPORTED = 23

FINAL = frozenset({"flow:completed", "flow:failed", "flow:cancelled"})
ENDS = frozenset({"node:completed", "node:failed", "node:skipped"})


def is_refused(case: Case) -> bool:
    return bool(case.deviates & REFUSED)


def differs_in_meaning(case: Case) -> bool:
    """Values or events differ on purpose: compared by what holds for every run, and by tests of their own."""
    return bool(case.deviates - REFUSED - {REPORTED})


def reported_differences(case: Case, played: Played) -> list[str]:
    """The recorded trace, and one more event for each node that never became ready."""
    reports = [entry for entry in played.trace if entry[0] == "node:skipped" and entry[2] == NEVER_READY]
    rest = [entry for entry in played.trace if entry not in reports]
    return [*differences(case, replace(played, trace=rest)), *_missing_reports(case, played, reports)]


def _missing_reports(
    case: Case, played: Played, reports: Iterable[tuple[str, str | None, str | None]]
) -> list[str]:
    touched = {entry[1] for entry in case.trace if entry[0] == "node:status-changed"}
    may_run = runnable_nodes(played.flow, None if case.event is None else case.event.name)
    silent = sorted(node.id for node in played.flow.nodes if node.id in may_run and node.id not in touched)
    reported = sorted(str(entry[1]) for entry in reports)
    return [] if silent == reported else [f"never ready: expected reports of {silent}, got {reported}"]


def broken_invariants(played: Played) -> list[str]:
    """What holds for every run."""
    problems: list[str] = []
    types = [entry[0] for entry in played.trace]
    if types[0] != "flow:started":
        problems.append(f"the first event is {types[0]}")
    if types[-1] not in FINAL or sum(type_ in FINAL for type_ in types) != 1:
        problems.append(f"not exactly one final event at the end: {types[-1]}")
    ended = [entry[1] for entry in played.trace if entry[0] in ENDS]
    problems += [f"{node} ended more than once" for node in set(ended) if ended.count(node) > 1]
    may_run = runnable_nodes(played.flow, None)
    problems += [f"{node} never ended" for node in may_run - set(ended) if not _has_listener(played)]
    return problems


def _has_listener(played: Played) -> bool:
    return any(node.type.startswith("EventListenerNode") for node in played.flow.nodes)
