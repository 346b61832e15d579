"""Compares a run with what was recorded, by the rules of the format; every check answers differences."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from chaingraph.graph.json_types import is_list, is_number, is_object
from tests.conformance.case import LIBRARY_STAMPS, Case, Played, Trace

END_TYPES = frozenset({"node:completed", "node:failed", "node:skipped"})
ALL_EDGES = "execute-false-stored-all-edges-transfer"
CAPTURED = "captured-child-schema-port"


def differences(case: Case, played: Played) -> list[str]:
    trace = _without_prefixes(case, played.trace)
    expected = _without_prefixes(case, case.trace)
    return [
        *(_partial(case, expected, trace) if case.partial_order else _exact(case, expected, trace)),
        *_values(case, played),
        *_mappings("system ports", case.system, played.system),
        *_mappings("status", case.status, played.status),
        *_emitted(case, played),
    ]


def _without_prefixes(case: Case, trace: Trace) -> Trace:
    """Texts that come from a library are compared by their prefix."""

    def clipped(entry: tuple[str, str | None, str | None]) -> tuple[str, str | None, str | None]:
        prefix = case.message_prefix.get(entry[1] or "")
        if prefix and entry[2] is not None and entry[2].startswith(prefix):
            return entry[0], entry[1], prefix
        return entry

    return [clipped(entry) for entry in trace]


def _exact(case: Case, expected: Trace, trace: Trace) -> Iterable[str]:
    if "late-status" in case.tags:
        expected, trace = _late_status_settled(expected), _late_status_settled(trace)
    for index, (wanted, got) in enumerate(zip(expected, trace, strict=False)):
        if wanted != got:
            yield f"event {index}: expected {wanted}, got {got}"
            return
    if len(expected) != len(trace):
        yield f"expected {len(expected)} events, got {len(trace)}: {trace[len(expected) :][:3]}"


def _late_status_settled(trace: Trace) -> Trace:
    """The last status change of a node stands before its `node:completed`."""
    settled = list(trace)
    for index in range(len(settled) - 1):
        first, second = settled[index], settled[index + 1]
        if first[0] == "node:completed" and second[0] == "node:status-changed" and first[1] == second[1]:
            settled[index], settled[index + 1] = second, first
    return settled


def _partial(case: Case, expected: Trace, trace: Trace) -> Iterable[str]:
    if Counter(expected) != Counter(trace):
        yield f"missing {list((Counter(expected) - Counter(trace)).elements())[:4]}"
        yield f"unexpected {list((Counter(trace) - Counter(expected)).elements())[:4]}"
        return
    first = sum(
        1 for entry in expected if entry[0] == "flow:started" or (entry[2] or "").startswith("idle->")
    )
    if expected[:first] != trace[:first]:
        yield f"the first events: expected {expected[:first]}, got {trace[:first]}"
    if expected[-1] != trace[-1]:
        yield f"the last event: expected {expected[-1]}, got {trace[-1]}"
    yield from _per_node(expected, trace)
    if not case.tags & {ALL_EDGES, CAPTURED}:
        yield from _causes(trace)


def _per_node(expected: Trace, trace: Trace) -> Iterable[str]:
    wanted, got = _by_node(expected), _by_node(trace)
    for node, entries in wanted.items():
        if _transfers_sorted(entries) != _transfers_sorted(got.get(node, [])):
            yield f"events of {node}: expected {entries}, got {got.get(node)}"


def _by_node(trace: Trace) -> Mapping[str, Trace]:
    nodes: dict[str, Trace] = defaultdict(list)
    for entry in trace:
        if entry[1] is not None:
            nodes[_node_of(entry)].append(entry)
    return nodes


def _node_of(entry: tuple[str, str | None, str | None]) -> str:
    subject = entry[1] or ""
    return subject.split("->", 1)[1].split(".", 1)[0] if entry[0].startswith("edge:") else subject


def _transfers_sorted(entries: Trace) -> Trace:
    """The transfers into one node may come in any order."""
    transfers = iter(sorted(str(entry[1]) for entry in entries if entry[0] == "edge:transfer-completed"))
    return [
        (entry[0], next(transfers), None) if entry[0] == "edge:transfer-completed" else entry
        for entry in entries
    ]


def _causes(trace: Trace) -> Iterable[str]:
    """A value comes from a node that has ended, or has started (and resolved the port early)."""
    seen: set[str] = set()
    for entry in trace:
        if entry[0] == "node:started" or entry[0] in END_TYPES:
            seen.add(entry[1] or "")
        elif entry[0] == "edge:transfer-completed":
            source = (entry[1] or "").split("->", 1)[0].split(".", 1)[0]
            if source not in seen:
                yield f"{entry[1]} came before anything of {source}"


def _values(case: Case, played: Played) -> Iterable[str]:
    for node, expected in case.values.items():
        if node not in played.values:
            yield f"node {node} is missing"
            continue
        ignored = LIBRARY_STAMPS.get(_type_of(played, node), frozenset[str]())
        wanted = {port: value for port, value in expected.items() if port not in ignored}
        got = {port: value for port, value in played.values[node].items() if port not in ignored}
        if not equal({**wanted}, {**got}):
            yield f"values of {node}: expected {wanted}, got {got}"


def _type_of(played: Played, node_id: str) -> str:
    return next((node.type for node in played.flow.nodes if node.id == node_id), "")


def equal(one: object, other: object) -> bool:
    """JSON equality; a null field and a missing field count as equal, a boolean and a number do not.

    Numbers are doubles: 2 to the power of 60 was recorded with the shortest digits that mean it.
    """
    if is_object(one) and is_object(other):
        return all(equal(one.get(key), other.get(key)) for key in one.keys() | other.keys())
    if is_list(one) and is_list(other):
        return len(one) == len(other) and all(equal(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if is_number(one) and is_number(other):
        return float(one) == float(other)
    return one == other


def _mappings(what: str, expected: Mapping[str, object], got: Mapping[str, object]) -> Iterable[str]:
    for node, wanted in expected.items():
        if not equal(_listed(wanted), _listed(got.get(node))):
            yield f"{what} of {node}: expected {wanted}, got {got.get(node)}"


def _listed(value: object) -> object:
    return [*value] if is_list(value) else value


def _emitted(case: Case, played: Played) -> Iterable[str]:
    wanted = [
        (event.get("type", event.get("eventName")), event.get("data", event.get("payload")))
        for event in case.emitted
    ]
    if not equal([list(each) for each in wanted], [list(each) for each in played.emitted]):
        yield f"emitted: expected {wanted}, got {played.emitted}"
