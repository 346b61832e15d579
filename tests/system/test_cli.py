"""The command line against the running system."""

import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from chaingraph.cli.main import main
from tests.flow_documents import edge, flow, node
from tests.local_system import System
from tests.tcp_proxy import tcp_proxy

pytestmark = [pytest.mark.xdist_group("system"), pytest.mark.timeout(120)]

Captured = pytest.CaptureFixture[str]


def test_a_flow_is_executed_and_watched_to_its_end(local_system: System, capsys: Captured) -> None:
    assert at(local_system, "execute", "example:diamond", "--jsonl") == 0

    events = events_in(capsys)
    assert [event["index"] for event in events] == list(range(-1, len(events) - 1))
    assert events[-1]["type"] == "flow:completed"
    last = [event["data"]["json"]["node"] for event in events if event["type"] == "node:completed"][-1]
    assert [port["value"] for port in last["ports"] if port["config"]["id"] == "text"] == ["99.20"]


def test_it_says_the_same_as_a_run_without_a_system(local_system: System, capsys: Captured) -> None:
    at(local_system, "execute", "example:error-path", "--jsonl", "--snapshot", "values")
    through_the_system = events_in(capsys)
    main(["run", "example:error-path", "--jsonl", "--snapshot", "values"])

    assert outline(through_the_system) == outline(events_in(capsys))


def test_the_same_flow_is_stored_once(local_system: System, tmp_path: Path, capsys: Captured) -> None:
    document = flow([node("NumberNode", "only-once")])
    del document["id"]
    path = stored(tmp_path, document)

    ids: set[str] = set()
    for _ in range(2):
        at(local_system, "execute", path, "--jsonl")
        ids.add(events_in(capsys)[0]["data"]["json"]["flowId"])

    (flow_id,) = ids
    at(local_system, "executions", "--flow", flow_id)
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_children_are_watched_with_their_parent(local_system: System, capsys: Captured) -> None:
    assert at(local_system, "execute", "example:ping-pong", "--jsonl", "--snapshot", "values") == 0

    events = events_in(capsys)
    executions = list(dict.fromkeys(event["executionId"] for event in events))
    assert len(executions) == 3
    for execution in executions:
        own = [event for event in events if event["executionId"] == execution]
        assert [event["index"] for event in own] == list(range(-1, len(own) - 1))
        assert own[-1]["type"] == "flow:completed"


def test_an_event_runs_its_listeners(local_system: System, capsys: Captured) -> None:
    arguments = ["execute", "example:ping-pong", "--event", "pong", "--payload", '{"who": "Zoe"}']

    assert at(local_system, *arguments, "--jsonl", "--snapshot", "values") == 0

    logs = [
        event["data"]["json"]["log"]
        for event in events_in(capsys)
        if event["type"] == "node:debug-log-string"
    ]
    assert logs == ["Zoe"]


def test_no_event_is_lost_or_repeated_when_the_connection_is_cut(local_system: System) -> None:
    port = urlsplit(local_system.addresses.http_url).port
    assert port is not None
    with tcp_proxy(port) as proxy:
        server = ["--server", f"http://127.0.0.1:{proxy.port}", "--token", local_system.token()]
        with running("execute", "example:branch", "--jsonl", *server) as program:
            events: list[dict[str, Any]] = []
            for event in lines_of(program):
                events.append(event)
                if event["type"] == "node:started" and len(events) in range(35, 60):
                    proxy.cut()
            code = program.wait()

    assert code == 0
    assert proxy.accepted > 3
    assert [event["index"] for event in events] == list(range(-1, len(events) - 1))


def test_an_execution_is_paused_resumed_and_stopped(local_system: System, capsys: Captured) -> None:
    naps = ["execute", "example:ten-naps", "--jsonl", "--snapshot", "values"]
    with running(*naps, "--state", str(local_system.state)) as program:
        events = lines_of(program)
        execution = until("node:started", events)["executionId"]

        assert at(local_system, "pause", execution, "--reason", "lunch") == 0
        assert until("flow:paused", events)["data"]["json"]["reason"] == "lunch"
        at(local_system, "executions")
        assert f"{execution} " in capsys.readouterr().out
        assert at(local_system, "resume", execution) == 0
        until("flow:resumed", events)
        assert at(local_system, "resume", execution) == 1
        assert "running" in capsys.readouterr().err
        assert at(local_system, "stop", execution, "--reason", "enough") == 0
        assert until("flow:cancelled", events)["data"]["json"]["reason"] == "enough"
        _, complaints = program.communicate()

    assert program.returncode == 1
    assert complaints == f"chaingraph: {execution} is stopped: enough\n"


def test_an_execution_is_debugged(local_system: System, tmp_path: Path) -> None:
    names = ("a", "b", "c", "d")
    nodes = [node("MathNode", name, a=7, b=place + 1, operation="add") for place, name in enumerate(names)]
    edges = [edge(f"e{n}", f"{names[n]}.result", f"{names[n + 1]}.a") for n in range(3)]
    there = ["--state", str(local_system.state)]
    path = stored(tmp_path, flow(nodes, edges))
    with running("execute", path, "--breakpoint", "b", "--jsonl", "--snapshot", "values", *there) as program:
        events = lines_of(program)
        hit = until("debug:breakpoint-hit", events)
        execution = hit["executionId"]
        assert hit["data"]["json"] == {"nodeId": "b", "values": {"a": 8}}
        until("flow:paused", events)
        assert at(local_system, "breakpoint", execution, "d") == 0
        assert at(local_system, "step", execution, "--over") == 0
        assert until("node:completed", events)["data"]["json"]["nodeId"] == "b"
        assert until("flow:paused", events)["data"]["json"]["reason"] == "Step"
        assert at(local_system, "resume", execution) == 0
        assert until("debug:breakpoint-hit", events)["data"]["json"]["values"] == {"a": 13}
        until("flow:paused", events)
        assert at(local_system, "breakpoint", execution, "d", "--remove") == 0
        assert at(local_system, "resume", execution) == 0
        until("flow:completed", events)
        program.communicate()

    assert program.returncode == 0


def test_watching_begins_where_it_is_asked_to(local_system: System, capsys: Captured) -> None:
    at(local_system, "execute", "example:diamond", "--jsonl")
    execution = events_in(capsys)[0]["executionId"]

    assert at(local_system, "watch", execution, "--from-index", "20", "--jsonl") == 0
    assert [event["index"] for event in events_in(capsys)] == list(range(20, 28))
    assert at(local_system, "watch", execution, "--from-index", "500", "--jsonl") == 0
    assert events_in(capsys) == []


def test_an_interrupted_watcher_leaves_the_execution_alone(local_system: System, capsys: Captured) -> None:
    with running("execute", "example:ten-naps", "--jsonl", "--state", str(local_system.state)) as program:
        execution = until("node:started", lines_of(program))["executionId"]
        program.send_signal(signal.SIGINT)
        _, complaints = program.communicate()

    assert program.returncode == 130
    assert complaints == f"{execution} goes on: `chaingraph watch {execution}`\n"
    assert at(local_system, "stop", execution) == 0
    assert at(local_system, "watch", execution) == 1
    assert "User requested stop" in capsys.readouterr().err


def test_what_belongs_to_somebody_else_is_refused(local_system: System, capsys: Captured) -> None:
    at(local_system, "execute", "example:diamond", "--jsonl", "--token", local_system.token("alice"))
    execution = events_in(capsys)[0]["executionId"]

    for command in ("watch", "stop"):
        assert at(local_system, command, execution, "--token", local_system.token("bob")) == 1
        assert capsys.readouterr().err.count("\n") == 1


def test_a_flow_with_problems_is_refused_in_one_line(
    local_system: System, tmp_path: Path, capsys: Captured
) -> None:
    document = flow([node("NumberNode", "a")], [edge("e1", "a.num", "gone.num"), edge("e2", "a.no", "a.num")])

    assert at(local_system, "execute", stored(tmp_path, document)) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("chaingraph: edges[0]")
    assert said.err.count("\n") == 1


def test_a_token_that_is_not_accepted_is_refused(local_system: System, capsys: Captured) -> None:
    assert at(local_system, "flows", "--token", f"{local_system.token()}x") == 1
    assert capsys.readouterr().err.count("\n") == 1


def at(system: System, *arguments: str) -> int:
    return main([*arguments, "--state", str(system.state)])


def events_in(capsys: Captured) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]


def outline(events: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    """What does not depend on when and where it ran."""
    facts = [event["data"]["json"] for event in events]
    return [
        (event["index"], event["type"], fact.get("nodeId"), fact.get("values"))
        for event, fact in zip(events, facts, strict=True)
    ]


def stored(folder: Path, document: object) -> str:
    path = folder / "flow.json"
    path.write_bytes(orjson.dumps(document))
    return str(path)


@contextmanager
def running(*arguments: str) -> Generator[subprocess.Popen[str]]:
    program = subprocess.Popen(
        [sys.executable, "-m", "chaingraph.cli.main", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with program:
        try:
            yield program
        finally:
            program.kill()


def lines_of(program: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert program.stdout is not None
    for line in program.stdout:
        yield orjson.loads(line)


def until(kind: str, events: Iterator[dict[str, Any]]) -> dict[str, Any]:
    return next(event for event in events if event["type"] == kind)
