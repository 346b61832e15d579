"""What every run keeps to. Ours: values are copied, errors are final, and what never ran is reported."""

import pytest

from chaingraph.engine.run import NEVER_READY
from chaingraph.execution.commands import CommandKind
from chaingraph.execution.options import ExecutionOptions, Limits
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId
from tests.acceptance.running import compiled, run
from tests.acceptance.sketches import flow
from tests.acceptance.slices import created, started

SWITCHED_OFF = "node skipped because shouldExecute returned false"


def test_a_sum_goes_on_into_the_next_sum() -> None:
    seen = run(flow({"n1": ("Sum", {"A": 5, "B": 10}), "n2": ("Sum", {"B": 20})}, "n1.output -> n2.A"))

    assert [seen.value("n1", "output"), seen.value("n2", "output")] == [15, 35]


def test_ways_that_part_come_together_with_the_right_sums() -> None:
    seen = run(
        flow(
            {
                "source1": ("Sum", {"A": 5, "B": 10}),
                "source2": ("Sum", {"A": 3, "B": 7}),
                "middle1": "Sum",
                "middle2": ("Sum", {"B": 20}),
                "final": "Sum",
            },
            "source1.output -> middle1.A",
            "source2.output -> middle1.B",
            "source2.output -> middle2.A",
            "middle1.output -> final.A",
            "middle2.output -> final.B",
        )
    )

    names = ("source1", "source2", "middle1", "middle2", "final")
    assert [seen.value(name, "output") for name in names] == [15, 10, 25, 30, 55]


@pytest.mark.anyio
async def test_a_stop_before_the_first_node_cancels_the_flow_with_its_reason() -> None:
    execution = await started(flow({"a": "Sum", "b": "Sum"}))
    await execution.command(CommandKind.STOP, "changed my mind")

    status = await execution.settled()

    assert status is Status.STOPPED
    assert await execution.trace() == [
        ("execution:created", None),
        ("flow:started", None),
        ("node:status-changed", "a"),
        ("node:status-changed", "b"),
        ("flow:cancelled", None),
    ]
    (cancelled,) = await execution.payloads("flow:cancelled")
    assert cancelled["reason"] == "changed my mind"


@pytest.mark.anyio
async def test_a_stop_before_the_start_cancels_a_flow_that_never_started() -> None:
    execution = await created(flow({"a": "Sum"}))
    await execution.command(CommandKind.STOP, "never mind")

    status = await execution.settled()

    assert status is Status.STOPPED
    assert await execution.trace() == [("execution:created", None), ("flow:cancelled", None)]


def test_a_flow_out_of_time_fails_what_runs_and_nothing_follows_its_last_event() -> None:
    options = ExecutionOptions(execution=Limits(flow_timeout_ms=20))

    seen = run(flow({"w": "Waits"}), options=options)

    message = "Flow execution timed out after 20 ms"
    assert seen.of("w")[-2:] == ["node:status-changed", "node:failed"]
    assert seen.trace[-2:] == [("node:failed", "w"), ("flow:failed", None)]
    assert [failed["error"] for failed in seen.payloads("flow:failed")] == [
        {"name": "Error", "message": message}
    ]


def test_a_node_that_throws_shows_its_message_and_only_its_error_ports_go_on() -> None:
    seen = run(
        flow(
            {"bad": ("Throws", {"message": "no paper"}), "told": "TextNode", "fed": "TextNode"},
            "bad.__errorMessage -> told.text",
            "bad.output -> fed.text",
        )
    )

    assert [failed["error"]["message"] for failed in seen.payloads("node:failed")] == ["no paper"]
    assert seen.system("bad") == [True, False, True, "no paper"]
    assert seen.value("told", "text") == "no paper"
    assert seen.of("fed") == ["node:skipped"]
    assert seen.trace[-1] == ("flow:completed", None)


def test_a_node_runs_where_its_execute_port_says_so_and_not_where_it_does_not() -> None:
    yes, no = flow({"n": ("Sum", {"A": 1})}), flow({"n": ("Sum", {"A": 1})})
    no["nodes"][0]["systemPorts"]["execute"]["value"] = False

    ran, passed = run(yes), run(no)

    assert (ran.value("n", "output"), ran.system("n")[1]) == (1, True)
    assert passed.of("n") == ["node:status-changed", "node:status-changed", "node:skipped"]
    assert [skipped["reason"] for skipped in passed.payloads("node:skipped")] == [SWITCHED_OFF]


def test_what_stands_behind_a_branch_not_taken_is_reported_before_the_end() -> None:
    seen = run(
        flow(
            {"branch": ("BranchNode", {"leftValue": 1, "rightValue": 2}), "not": "TextNode", "z": "TextNode"},
            "branch.result -> not.__execute",
            "not.text -> z.text",
        )
    )

    assert seen.of("not") == [
        "node:status-changed",
        "node:started",
        "node:status-changed",
        "node:skipped",
    ]
    assert [(s["nodeId"], s["reason"]) for s in seen.payloads("node:skipped")] == [
        ("not", SWITCHED_OFF),
        ("z", NEVER_READY),
    ]


def test_of_two_edges_into_a_port_the_one_whose_source_has_run_counts() -> None:
    no = ("BooleanNode", {"flag": False})
    seen = run(
        flow(
            {
                "no": no,
                "off": ("TextNode", {"text": "a"}),
                "on": ("TextNode", {"text": "b"}),
                "t": "TextNode",
            },
            "no.flag -> off.__execute",
            "off.text -> t.text",
            "on.text -> t.text",
        )
    )

    assert "node:skipped" in seen.of("off")
    assert seen.value("t", "text") == "b"
    assert seen.of("t").count("node:completed") == 1


def test_nothing_for_a_port_that_demands_a_value_skips_its_node() -> None:
    seen = run(flow({"empty": "GivesNothing", "n": "Demands"}, "empty.output -> n.wanted"))

    (failed,) = seen.payloads("edge:transfer-failed")
    assert failed["error"]["message"] == (
        "Source port output has no data to transfer and target port wanted is required"
    )
    assert [skipped["reason"] for skipped in seen.payloads("node:skipped")] == ["edge transfer failed"]


def test_a_port_that_demands_a_value_and_has_no_edge_is_not_asked() -> None:
    assert run(flow({"n": "Demands"})).ran == {"n"}


def test_a_body_over_its_time_is_cancelled_and_its_error_ports_say_so() -> None:
    options = ExecutionOptions(execution=Limits(node_timeout_ms=20))

    seen = run(flow({"w": "Waits", "t": "TextNode"}, "w.__errorMessage -> t.text"), options=options)

    message = "Node w execution timed out after 20 ms."
    assert [logged["log"] for logged in seen.payloads("node:debug-log-string")] == ["cancelled"]
    assert seen.system("w") == [True, False, True, message]
    assert seen.value("t", "text") == message
    assert seen.trace[-1] == ("flow:completed", None)


def test_with_room_for_one_independent_nodes_run_one_after_the_other() -> None:
    options = ExecutionOptions(execution=Limits(max_concurrency=1))
    sleep = ("SleepNode", {"duration": 1})

    seen = run(flow({"c": sleep, "a": sleep, "b": sleep}), options=options)

    starts_and_ends = [
        (type_, node) for type_, node in seen.trace if type_ in ("node:started", "node:completed")
    ]
    assert starts_and_ends == [
        (type_, node) for node in ("c", "a", "b") for type_ in ("node:started", "node:completed")
    ]


def test_what_a_node_does_to_an_array_does_not_reach_the_node_it_came_from() -> None:
    seen = run(
        flow(
            {"source": ("ArrayNode", {"array": [1, 2, 3]}), "one": "Appends", "other": "Appends"},
            "source.array -> one.elements",
            "source.array -> other.elements",
        )
    )

    assert seen.value("source", "array") == [1, 2, 3]
    assert [seen.value(name, "output") for name in ("one", "other")] == [[1, 2, 3, 4]] * 2


def test_a_failure_of_one_run_is_forgotten_in_the_next() -> None:
    plan = compiled(flow({"may": "FailsInRoots", "use": "TextNode"}, "may.output -> use.text"))

    failed, again = run(plan), run(plan, parent=ExecutionId("EXparent"))

    assert (failed.ran, again.ran) == (set(), {"may", "use"})
    assert again.system("may") == [True, True, False, ""]
    assert again.value("use", "text") == "good"


def test_an_array_inside_of_an_object_inside_of_an_object_can_be_wired() -> None:
    seen = run(
        flow(
            {"o": ("ObjectNode", {"object": {"home": {"rooms": [3, 4]}, "name": "ann"}}), "n": "Sum"},
            "o.object.home.rooms[1] -> n.A",
        )
    )

    assert seen.value("n", "output") == 4


def test_an_empty_flow_starts_and_completes() -> None:
    assert run(flow({})).trace == [("flow:started", None), ("flow:completed", None)]
