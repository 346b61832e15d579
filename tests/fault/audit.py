"""How a tree of executions ended, told without times and ids, so that two runs of a flow can be compared."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from chaingraph.execution.callbacks import PATH
from chaingraph.execution.events import FINAL_EVENT_TYPES, Event, EventType
from chaingraph.execution.execution import Execution
from chaingraph.execution.results import LoadedResult
from chaingraph.graph.json_types import is_list, is_object
from chaingraph.ids import ExecutionId
from tests.fault.ledger import Ledger

TIMES = frozenset({"executionTime", "transferTime", "until"})
PROGRESS = frozenset({"end", "waits", "cuts", "activeMs", "callbacks", "calls"})


class Store(Protocol):
    """What an audit reads."""

    async def tree(self, root_id: ExecutionId) -> list[Execution]: ...

    async def events(self, execution_id: ExecutionId) -> Sequence[Event]: ...

    async def results(self, execution_id: ExecutionId) -> Iterable[LoadedResult]: ...


@dataclass(frozen=True, slots=True)
class Ended:
    """One execution. `streams`: the elements of the last attempts; `events`: how often each was recorded."""

    status: str
    error: tuple[str | None, str | None, int]
    values: Mapping[str, str]
    streams: Mapping[str, Sequence[object]]
    events: Mapping[tuple[str, str], int]


Tree = Mapping[str, Ended]
"""By the names of the events that lead to an execution, and their payloads."""


@dataclass(frozen=True, slots=True)
class Audit:
    tree: Tree
    logs: Mapping[str, Sequence[Event]]


async def audit(root_id: ExecutionId, store: Store) -> Audit:
    executions = await store.tree(root_id)
    logs = {execution.id: await store.events(execution.id) for execution in executions}
    names = _names(executions, logs.values())
    tree = {
        names[execution.id]: _ended(execution, logs[execution.id], await store.results(execution.id), names)
        for execution in executions
    }
    return Audit(tree, {names[known]: log for known, log in logs.items()})


def problems_of(found: Audit, calm: Tree, ledger: Ledger) -> list[str]:
    """Everything that is not as in a run without faults."""
    return [
        *_differences(found.tree, calm),
        *(f"{name}: {problem}" for name, log in found.logs.items() for problem in _of_log(log)),
        *(f"{node} was run with the keys {keys}" for node, keys in ledger.keys().items() if len(keys) > 1),
        *ledger.violations,
    ]


def _of_log(log: Sequence[Event]) -> Iterable[str]:
    indices = [event.index for event in log]
    if indices != list(range(-1, len(log) - 1)):
        yield f"its indices are {indices}"
    finals = [event.index for event in log if event.type in FINAL_EVENT_TYPES]
    if finals != indices[-1:]:
        yield f"its final events are at {finals} of {indices[-1]}"


def _differences(found: Tree, calm: Tree) -> Iterable[str]:
    if found.keys() != calm.keys():
        yield f"there are {sorted(found)}, not {sorted(calm)}"
    for name in found.keys() & calm.keys():
        yield from (f"{name}: {problem}" for problem in _difference(found[name], calm[name]))


def _difference(found: Ended, calm: Ended) -> Iterable[str]:
    if (found.status, found.error) != (calm.status, calm.error):
        yield f"{found.status} {found.error}, not {calm.status} {calm.error}"
    for node in found.values.keys() | calm.values.keys():
        if found.values.get(node) != calm.values.get(node):
            yield f"{node} has {found.values.get(node)}, not {calm.values.get(node)}"
    if found.streams != calm.streams:
        yield f"its streams are {found.streams}, not {calm.streams}"
    for event, times in (Counter(found.events) - Counter(calm.events)).items():
        yield f"{times} too many of {event}"
    for event, times in (Counter(calm.events) - Counter(found.events)).items():
        yield f"{times} too few of {event}"


def _ended(
    execution: Execution, log: Sequence[Event], results: Iterable[LoadedResult], names: Mapping[str, str]
) -> Ended:
    return Ended(
        execution.status.value,
        (execution.error_message, execution.error_node_id, execution.error_count),
        {result.node_id: _value(result) for result in results},
        {stream: attempts[-1] for stream, attempts in streams(log).items()},
        Counter((event.type, _told(event, names)) for event in log if event.type != EventType.STREAM_CHUNK),
    )


def _value(result: LoadedResult) -> str:
    kept = {name: part for name, part in result.detail.items() if name not in PROGRESS}
    return _text([result.status, kept])


def _told(event: Event, names: Mapping[str, str]) -> str:
    payload: Mapping[str, object] = orjson.loads(event.payload)
    told = {
        name: names.get(value, value) if isinstance(value, str) else value
        for name, value in payload.items()
        if name not in TIMES
    }
    return _text(told)


def _text(value: object) -> str:
    return orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS).decode()


def _plain(value: object) -> object:
    """In JSON, 1.0 is 1. The URL of a callback holds an id and a secret."""
    if isinstance(value, str) and PATH in value:
        return "a callback's URL"
    if is_object(value):
        return {name: _plain(part) for name, part in value.items()}
    if is_list(value):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _names(executions: Iterable[Execution], logs: Iterable[Sequence[Event]]) -> Mapping[str, str]:
    """Of executions from the root down."""
    names: dict[str, str] = {}
    calls = dict(_calls(logs))
    for execution in sorted(executions, key=lambda execution: execution.depth):
        event = execution.external_event
        cause = calls.get(execution.id, "") if event is None else f"{event.name} {_text(event.payload)}"
        names[execution.id] = "/".join((names.get(execution.parent_id or "", ""), cause))
    return names


def _calls(logs: Iterable[Sequence[Event]]) -> Iterable[tuple[str, str]]:
    """Whom nodes have called, and what with."""
    for event in (event for log in logs for event in log if event.type == EventType.CHILD_SPAWNED):
        spawned: Mapping[str, Any] = orjson.loads(event.payload)
        if spawned["eventName"] is None:
            yield spawned["childExecutionId"], f"{spawned['nodeId']} {_text(spawned['eventData'])}"


def streams(log: Iterable[Event]) -> dict[str, list[list[object]]]:
    """By stream, the elements of each attempt; those that do not join on are no elements of it."""
    found: dict[str, list[list[object]]] = {}
    attempts: dict[str, object] = {}
    for event in log:
        if event.type == EventType.STREAM_CHUNK:
            chunk: Mapping[str, Any] = orjson.loads(event.payload)
            name = f"{chunk['nodeId']}.{chunk['portId']}"
            if attempts.get(name) != chunk["attempt"]:
                attempts[name] = chunk["attempt"]
                found.setdefault(name, []).append([])
            assert chunk["position"] == len(found[name][-1]), f"{name} goes on at {chunk['position']}"
            found[name][-1] += chunk["elements"]
    return found
