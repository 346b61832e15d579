"""Node results as they are stored: encoded when a node starts or ends, read back when a run resumes."""

from collections.abc import Mapping
from typing import NamedTuple, cast

import orjson

from chaingraph.engine.node_run import NodeRun, Wait
from chaingraph.engine.plan import Link, NodePlan
from chaingraph.execution.callbacks import open_callback
from chaingraph.execution.calls import OpenCall
from chaingraph.execution.results import LoadedResult, ResultStatus, StoredResult
from chaingraph.graph.streams import Stream
from chaingraph.graph.values import run_value, stored_form
from chaingraph.ids import EdgeId, ExecutionId, PortId


class EndPayload(NamedTuple):
    """The parts that a node's final event and its result have in common, encoded once.

    `raw`, for the result alone: values that bodies see in another form than the stored one.
    """

    values: bytes
    system: bytes
    raw: bytes


def encoded_end(node: NodeRun) -> EndPayload:
    changed = node.changed_values()
    system = node.changed_system()
    return EndPayload(
        values=b',"values":' + orjson.dumps(changed) if changed else b"",
        system=b',"system":' + orjson.dumps(system) if system is not None else b"",
        raw=_encoded_raw(node, changed),
    )


def started_result(node: NodeRun) -> StoredResult:
    """What a node needs to go on later: the inputs it began with, and how far its waits have come."""
    node.check_running()
    return _result(node, ResultStatus.STARTED, node.inputs)


def encoded_inputs(node: NodeRun) -> bytes:
    """Taken before the body runs. Streams are left out: they come from their producer again."""
    streams = {port for port, value in node.values.items() if isinstance(value, Stream)}
    values = {port: value for port, value in node.changed_values().items() if port not in streams}
    return b',"values":' + orjson.dumps(values) + _encoded_raw(node, values) if values else b""


def _encoded_raw(node: NodeRun, forms: Mapping[PortId, object]) -> bytes:
    raw = node.raw_values(forms)
    return b',"raw":' + orjson.dumps(raw) if raw else b""


def ended_result(node: NodeRun, status: ResultStatus, end: EndPayload, next_index: int) -> StoredResult:
    """`next_index`: of the event after the node's last one; tells in which order nodes have ended."""
    return _result(node, status, end.values + end.system + end.raw + b',"end":%d' % next_index)


def end_of(result: LoadedResult) -> int:
    """Greater for a node that ended later."""
    return cast("int", result.detail.get("end", 0))


def stored_values(node: NodeRun) -> dict[PortId, object]:
    """The values of all root ports in their stored form; a port without a value is missing."""
    values = node.values if node.attempt else node.plan.node.values
    ports = node.plan.node.ports
    return {port: stored_form(ports[port], value) for port, value in values.items() if port in ports}


def _result(node: NodeRun, status: ResultStatus, encoded: bytes) -> StoredResult:
    edges = orjson.dumps([link.edge.id for link in node.chosen])
    detail = b'{"edges":' + edges + encoded + _rare_parts(node) + b"}"
    return StoredResult(node.plan.node.id, status, node.attempt, detail)


def _rare_parts(node: NodeRun) -> bytes:
    """What most nodes do not have: looked for before it is put together."""
    if not _has_rare_parts(node):
        return b""
    values = node.values.items()
    parts: dict[str, object] = {
        "resolvedEarly": node.resolved_early,
        "emitted": [{"name": name, "payload": payload} for name, payload in node.emitted],
        "error": node.error,
        "waits": [[*wait] for wait in node.waits],
        "calls": [[key, call.child_id, call.is_reported] for key, call in node.calls.items()],
        "callbacks": [callback.stored() for callback in node.callbacks],
        "held": node.is_held,
        "cuts": node.cuts,
        "tries": node.tries,
        "retryAt": node.retry_at_ms,
        "activeMs": node.earlier_ms,
        "streamErrors": {
            port: value.error for port, value in values if type(value) is Stream and value.error
        },
    }
    rare = {name: part for name, part in parts.items() if part}
    return b"," + orjson.dumps(rare)[1:-1] if rare else b""


def _has_rare_parts(node: NodeRun) -> bool:
    waited = node.waits or node.callbacks or node.calls or node.tries or node.retry_at_ms or node.earlier_ms
    marked = node.resolved_early or node.emitted or node.error or node.is_held or node.cuts
    return bool(waited or marked) or any(type(value) is Stream for value in node.values.values())


def restore_node(node: NodeRun, result: LoadedResult) -> None:
    """Put a node into the state that its result describes, without telling its consumers."""
    detail = result.detail
    node.attempt = result.attempt
    node.load_values()
    _restore_values(node, detail)
    _restore_stream_errors(node, cast("Mapping[PortId, str]", detail.get("streamErrors", {})))
    system = detail.get("system")
    if isinstance(system, list):
        node.system = cast("list[object]", system)
    node.chosen = _links(node.plan, cast("list[EdgeId]", detail.get("edges", [])))
    emitted = cast("list[Mapping[str, object]]", detail.get("emitted", []))
    node.emitted = [(str(event["name"]), event["payload"]) for event in emitted]
    node.error = cast("str | None", detail.get("error"))
    node.earlier_ms = cast("int", detail.get("activeMs", 0))
    node.cuts = cast("int", detail.get("cuts", 0))
    node.tries = cast("int", detail.get("tries", 0))
    node.retry_at_ms = cast("int", detail.get("retryAt", 0))
    node.is_held = detail.get("held") is True
    waits = cast("list[tuple[int, int]]", detail.get("waits", []))
    node.waits = [Wait(began, wake) for began, wake in waits]
    calls = cast("list[tuple[str, ExecutionId, bool]]", detail.get("calls", []))
    node.calls = {key: OpenCall(child_id, is_reported) for key, child_id, is_reported in calls}
    callbacks = cast("list[Mapping[str, object]]", detail.get("callbacks", []))
    node.callbacks = [open_callback(stored) for stored in callbacks]


def restore_inputs(node: NodeRun) -> None:
    """Put the values back with which the body began."""
    node.load_values()
    if node.inputs:
        _restore_values(node, orjson.loads(b"{" + node.inputs[1:] + b"}"))


def _restore_values(node: NodeRun, detail: Mapping[str, object]) -> None:
    ports = node.plan.node.ports
    values = cast("Mapping[PortId, object]", detail.get("values", {}))
    for port, stored in values.items():
        if port in node.plan.redactions:
            continue
        if stored is None and ports[port].kind != "any":
            node.values.pop(port, None)
        else:
            node.values[port] = run_value(ports[port], stored)
    node.values.update(cast("Mapping[PortId, object]", detail.get("raw", {})))


def _restore_stream_errors(node: NodeRun, errors: Mapping[PortId, str]) -> None:
    for port, error in errors.items():
        stream = node.values.get(port)
        if isinstance(stream, Stream):
            stream.error = error


def _links(plan: NodePlan, edges: list[EdgeId]) -> tuple[Link, ...]:
    by_id = {link.edge.id: link for link in plan.incoming}
    return tuple(by_id[edge] for edge in edges)
