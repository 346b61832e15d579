"""`chaingraph run` and `chaingraph validate`: a flow in this process."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from chaingraph.cli.main import main
from tests.flow_documents import edge, flow, node

ENVELOPE = {"executionId", "index", "type", "timestamp", "data"}


def test_events_come_one_a_line_in_the_form_in_which_they_travel(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    events = ran(["run", stored(tmp_path, two_numbers()), "--jsonl"], capsys)

    assert [event["index"] for event in events] == list(range(-1, len(events) - 1))
    assert all(event.keys() == ENVELOPE for event in events)
    assert [events[0]["type"], events[1]["type"]] == ["execution:created", "flow:started"]
    assert events[-1]["type"] == "flow:completed"


def test_node_events_carry_the_whole_node(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    events = ran(["run", stored(tmp_path, two_numbers()), "--jsonl"], capsys)

    completed = [event["data"] for event in events if event["type"] == "node:completed"][-1]
    ports = {port["config"]["id"]: port.get("value") for port in completed["json"]["node"]["ports"]}
    assert ports["result"] == 9
    assert completed["meta"]["values"] == {"node": [["custom", "BaseNode"]]}


def test_node_events_can_carry_only_what_changed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    events = ran(["run", stored(tmp_path, two_numbers()), "--jsonl", "--snapshot", "values"], capsys)

    completed = [event["data"]["json"] for event in events if event["type"] == "node:completed"]
    assert completed[-1]["nodeId"] == "sum"
    assert completed[-1]["values"] == {"a": 4, "result": 9}


def test_an_event_runs_its_listeners_with_the_payload(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    document = stored(tmp_path, listener())
    arguments = ["run", document, "--jsonl", "--snapshot", "values", "--event", "ping"]

    events = ran([*arguments, "--payload", '{"who": "ann"}'], capsys)

    assert values(events, "on") == {"eventPayload": {"who": "ann"}}


def test_without_an_event_no_listener_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    events = ran(["run", stored(tmp_path, listener()), "--jsonl"], capsys)

    assert [event["type"] for event in events] == ["execution:created", "flow:started", "flow:completed"]


def test_every_event_of_a_child_names_the_child(capsys: pytest.CaptureFixture[str]) -> None:
    events = ran(["run", "example:ping-pong", "--jsonl", "--snapshot", "values"], capsys)

    spawned = [event["data"]["json"] for event in events if event["type"] == "child:spawned"]
    names = list(dict.fromkeys(event["executionId"] for event in events))
    assert names[1:] == [facts["childExecutionId"] for facts in spawned]
    for name in names:
        indices = [event["index"] for event in events if event["executionId"] == name]
        assert indices == list(range(-1, len(indices) - 1))


def test_outside_of_a_terminal_every_event_is_a_line_of_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "example:diamond"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["-1", "execution:created"]
    assert lines[-2].split()[:2] == ["27", "flow:completed"]
    assert lines[-1].startswith("completed in ")
    assert lines[-1].endswith("(5 completed)")


def test_a_line_of_text_is_as_long_as_it_needs_to_be(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    message = "long " * 20
    main(["run", stored(tmp_path, flow([node("DebugLogNode", "log", message=message)]))])

    assert message.strip() in capsys.readouterr().out


def test_a_flow_with_problems_is_not_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["run", stored(tmp_path, broken())]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert (
        said.err
        == "chaingraph: nodes[1].metadata.type: there is no node type 'NoSuchNode' (and 2 more problems)\n"
    )


def test_validate_lists_every_problem(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["validate", stored(tmp_path, broken())]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        "nodes[1].metadata.type",
        "nodes[2].id",
        "edges[0].targetPortId",
    ]


def test_validate_counts_what_is_valid(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["validate", stored(tmp_path, two_numbers())]) == 0
    assert capsys.readouterr().out == "valid: 2 nodes, 1 edges\n"


@pytest.mark.parametrize("command", ["run", "validate"])
@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"\xff", b"nan", b"null"])
def test_what_is_no_document_is_refused_in_one_line(
    command: str, text: bytes, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "flow.json"
    path.write_bytes(text)

    assert main([command, str(path)]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("chaingraph: ")
    assert said.err.count("\n") == 1


def test_the_examples_are_listed_with_what_they_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["examples"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 5
    assert any(line.startswith("ten-naps ") and "pause" in line for line in lines)


def test_an_example_is_printed_as_it_is_stored(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["examples", "show", "diamond"]) == 0

    assert orjson.loads(capsys.readouterr().out)["metadata"]["name"] == "Price tag"


def two_numbers() -> dict[str, Any]:
    nodes = [node("NumberNode", "n", num=4), node("MathNode", "sum", b=5, operation="add")]
    return flow(nodes, [edge("e1", "n.num", "sum.a")])


def listener() -> dict[str, Any]:
    return flow([node("EventListenerNodeV2", "on", eventName="ping")])


def broken() -> dict[str, Any]:
    document = two_numbers()
    unknown = {**node("NumberNode", "x"), "type": "NoSuchNode", "metadata": {"type": "NoSuchNode"}}
    document["nodes"] = [document["nodes"][0], unknown, node("MathNode", "n"), document["nodes"][1]]
    document["edges"] = [edge("e1", "n.result", "sum.nowhere")]
    return document


def stored(folder: Path, document: dict[str, Any]) -> str:
    path = folder / "flow.json"
    path.write_bytes(orjson.dumps(document))
    return str(path)


def ran(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert main(arguments) == 0
    return [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]


def values(events: list[dict[str, Any]], node_id: str) -> object:
    facts = [event["data"]["json"] for event in events if event["type"] == "node:completed"]
    return next(fact["values"] for fact in facts if fact["nodeId"] == node_id)
