"""Commands of a running system: what they ask for, what they print, how they end."""

from asyncio import to_thread
from pathlib import Path
from typing import Any

import orjson
import pytest

from chaingraph.cli.local_system import LocalSystem, write_local_system
from chaingraph.cli.main import main
from tests.unit.cli.stand_in import StandIn, event, serving

pytestmark = pytest.mark.anyio

Captured = pytest.CaptureFixture[str]
EVENTS = [
    event(-1, "execution:created", executionId="EX1"),
    event(0, "flow:started"),
    event(1, "flow:completed", executionTime=4),
]


@pytest.mark.parametrize("procedure", ["pause", "stop"])
async def test_a_command_is_sent_with_its_reason(procedure: str, capsys: Captured) -> None:
    system = StandIn()

    code = await told(system, procedure, "EX1", "--reason", "lunch")

    assert code == 0
    assert system.asked == [("POST", f"executions/EX1/{procedure}", {"reason": "lunch"})]
    assert capsys.readouterr().out == f"{procedure} requested: EX1\n"


@pytest.mark.parametrize("procedure", ["pause", "stop", "resume"])
async def test_a_command_without_a_reason_leaves_it_to_the_system(procedure: str) -> None:
    system = StandIn()

    await told(system, procedure, "EX1")

    assert system.asked == [("POST", f"executions/EX1/{procedure}", {})]


@pytest.mark.parametrize(("option", "mode"), [([], "wave"), (["--over"], "node")])
async def test_a_step_is_a_wave_or_one_node(option: list[str], mode: str) -> None:
    system = StandIn()

    assert await told(system, "step", "EX1", *option) == 0
    assert system.asked == [("POST", "executions/EX1/step", {"mode": mode})]


@pytest.mark.parametrize(
    ("option", "method", "said"), [([], "PUT", "set"), (["--remove"], "DELETE", "removed")]
)
async def test_a_breakpoint_is_set_and_removed(
    option: list[str], method: str, said: str, capsys: Captured
) -> None:
    system = StandIn()

    assert await told(system, "breakpoint", "EX1", "Sleep:NO1", *option) == 0

    assert [asked[:2] for asked in system.asked] == [(method, "executions/EX1/breakpoints/Sleep:NO1")]
    assert capsys.readouterr().out == f"breakpoint {said}: Sleep:NO1\n"


async def test_a_refused_command_says_why(capsys: Captured) -> None:
    system = StandIn()
    system.refuse("executions/EX1/resume", 409, "BAD_REQUEST", "it is running")

    assert await told(system, "resume", "EX1") == 1
    assert capsys.readouterr().err == "chaingraph: it is running\n"


async def test_flows_are_listed_in_columns(capsys: Captured) -> None:
    system = StandIn()
    system.flows = {"V21": stored_flow("V21", "one"), "V2222": stored_flow("V2222", "two words")}

    assert await told(system, "flows") == 0

    assert capsys.readouterr().out.splitlines() == [
        "flow   version  updated               owner  name",
        "V21    3        2026-01-05T08:00:00Z  alice  one",
        "V2222  3        2026-01-05T08:00:00Z  alice  two words",
    ]


async def test_as_many_are_listed_as_were_asked_for(capsys: Captured) -> None:
    system = StandIn()
    system.flows = {f"V2{number}": stored_flow(f"V2{number}", "x") for number in range(5)}

    await told(system, "flows", "--limit", "2")

    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize("arguments", [[], ["--flow", "V21"]])
async def test_executions_are_listed_with_why_they_do_not_go_on(
    arguments: list[str], capsys: Captured
) -> None:
    system = StandIn()
    system.executions = {
        "EX1": execution("EX1", status="failed", errorMessage="no\nway"),
        "EX2": execution("EX2", status="paused", waiting={"kind": "paused"}),
        "EX3": execution("EX3", status="completed"),
    }

    assert await told(system, "executions", *arguments) == 0

    assert [line.split(None, 4)[4:] for line in capsys.readouterr().out.splitlines()] == [
        ["says"],
        ["no way"],
        ["waits: paused"],
        [],
    ]


@pytest.mark.parametrize(("status", "code"), [("completed", 0), ("failed", 1), ("stopped", 1)])
async def test_watching_ends_as_the_execution_did(status: str, code: int, capsys: Captured) -> None:
    system = watched(status, errorMessage=None)

    assert await told(system, "watch", "EX1") == code

    said = capsys.readouterr()
    assert said.out.splitlines()[-1] == "completed in 4 ms (no node ran)"
    assert said.err == ("" if code == 0 else f"chaingraph: EX1 is {status}\n")


async def test_watching_after_the_end_says_how_it_ended(capsys: Captured) -> None:
    system = watched("stopped", errorMessage="enough")

    assert await told(system, "watch", "EX1", "--from-index", "9") == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "chaingraph: EX1 is stopped: enough\n"


async def test_watching_shows_the_titles_of_the_flow(capsys: Captured) -> None:
    system = watched("completed")
    system.flows["V21"] = {"document": {"nodes": [{"id": "a", "metadata": {"title": "The first"}}]}}
    system.streams["EX1"] = [event(0, "node:started", nodeId="a"), EVENTS[2]]

    await told(system, "watch", "EX1")

    assert "node:started             The first" in capsys.readouterr().out


async def test_watching_can_print_json(capsys: Captured) -> None:
    system = watched("completed")

    await told(system, "watch", "EX1", "--jsonl")

    lines = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [{"executionId": "EX1", **told} for told in EVENTS]
    assert system.asked[-2][1]["snapshot"] == "full"


async def test_watching_nothing_is_refused(capsys: Captured) -> None:
    assert await told(StandIn(), "watch", "EX1") == 1
    assert capsys.readouterr().err == "chaingraph: there is no EX1\n"


async def test_executing_stores_creates_subscribes_and_starts(capsys: Captured) -> None:
    system = watched("completed")

    assert await told(system, "execute", "example:diamond") == 0

    (stored,) = system.flows
    steps = [asked[:2] for asked in system.asked if asked[0] != "GET"]
    assert [step[0] for step in steps] == ["POST", "POST", "subscription", "POST"]
    assert [step[1] for step in steps if step[0] == "POST"] == [
        "flows",
        "executions",
        "executions/EX1/start",
    ]
    created = next(sent for _, path, sent in system.asked if path == "executions")
    assert created == {"flowId": stored, "events": []}
    assert capsys.readouterr().out.splitlines()[-1] == "completed in 4 ms (no node ran)"


async def test_executing_for_an_event_sends_it_along() -> None:
    system = watched("completed")

    await told(system, "execute", "example:ping-pong", "--event", "pong", "--payload", '{"who": "bob"}')

    created = next(sent for _, path, sent in system.asked if path == "executions")
    assert created["events"] == [{"eventName": "pong", "payload": {"who": "bob"}}]


async def test_executing_with_breakpoints_sends_them_along() -> None:
    system = watched("completed")

    await told(system, "execute", "example:diamond", "--breakpoint", "a", "--breakpoint", "b")

    created = next(sent for _, path, sent in system.asked if path == "executions")
    assert created["options"] == {"breakpoints": ["a", "b"]}


async def test_a_flow_that_the_system_refuses_is_not_executed(capsys: Captured) -> None:
    system = StandIn()
    system.refuse("flows", 400, "BAD_REQUEST", "nodes: missing")

    assert await told(system, "execute", "example:diamond") == 1
    assert capsys.readouterr().err == "chaingraph: nodes: missing\n"


async def test_the_token_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("CHAINGRAPH_TOKEN", "e30.e30.x")
    async with serving(StandIn()) as endpoint:
        code = await to_thread(main, ["flows", "--server", f"{endpoint.http_url}/"])

    assert code == 0
    assert capsys.readouterr().out == "flow  version  updated  owner  name\n"


async def test_the_system_on_this_machine_is_found_by_its_state_folder(tmp_path: Path) -> None:
    system = watched("completed")

    async with serving(system) as endpoint:
        here = LocalSystem(
            http_url=endpoint.http_url, websocket_url=endpoint.websocket_url, issuer="i", audience="a"
        )
        write_local_system(tmp_path, here)
        code = await to_thread(main, ["watch", "EX1", "--state", str(tmp_path), "--token", endpoint.token])

    assert code == 0


async def told(system: StandIn, *arguments: str) -> int:
    async with serving(system) as endpoint:
        return await to_thread(main, [*arguments, "--server", endpoint.http_url, "--token", endpoint.token])


def watched(status: str, **more: object) -> StandIn:
    system = StandIn()
    system.streams["EX1"] = EVENTS
    system.executions["EX1"] = execution("EX1", status=status, **more)
    return system


def execution(execution_id: str, **more: object) -> dict[str, Any]:
    return {"id": execution_id, "flowId": "V21", "createdAt": "2026-01-05T08:00:00.123Z", **more}


def stored_flow(flow_id: str, name: str) -> dict[str, Any]:
    updated = "2026-01-05T08:00:00.123Z"
    return {"id": flow_id, "name": name, "version": 3, "ownerId": "alice", "updatedAt": updated}
