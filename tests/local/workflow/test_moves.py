"""How a run moves, without a service around it."""

import json
from dataclasses import replace

import pytest

from infra.local.workflow import moves
from infra.local.workflow.definition import Definition
from infra.local.workflow.history import LIMIT, Kind
from infra.local.workflow.loading import read_definition
from infra.local.workflow.moves import Moment
from infra.local.workflow.standing import (
    Calling,
    Failed,
    InTask,
    Interrupted,
    Resting,
    Run,
    Succeeded,
    Waiting,
    from_text,
    to_text,
)
from tests.workflow_oracle.definition import DEFINITION, FUNCTIONS


def definition() -> Definition:
    return read_definition(DEFINITION.read_text(), {name: name for name in FUNCTIONS})


def run_of(**changes: object) -> Run:
    document = {"executionId": "EX1", "workflowRun": 1, "next": "run", "waitSeconds": 60} | changes
    text = json.dumps(document)
    return Run(
        machine="m",
        name="EX1-1",
        definition=definition(),
        input_text=text,
        input=json.loads(text),
        started_at_ms=0,
    )


def moment(now_ms: int = 1000, chance: float = 0.5) -> Moment:
    return Moment(now_ms=now_ms, random=lambda: chance, secret=lambda: "5ec")


def standing(move: moves.Move) -> InTask:
    assert isinstance(move.standing, InTask)
    return move.standing


def test_a_run_moves_to_its_first_task_at_once() -> None:
    move = moves.begin(run_of(), moment())

    assert standing(move).phase == Calling(
        function="run_flow",
        payload={"executionId": "EX1", "workflowRun": 1, "turn": 0},
        token=None,
        deadline_ms=931_000,
    )
    assert [event[0] for event in move.events] == [
        Kind.EXECUTION_STARTED,
        Kind.CHOICE_STATE_ENTERED,
        Kind.CHOICE_STATE_EXITED,
        Kind.TASK_STATE_ENTERED,
        Kind.TASK_SCHEDULED,
        Kind.TASK_STARTED,
    ]
    assert standing(move).events == len(move.events)


def test_retries_come_later_and_later_by_chance_and_never_later_than_the_longest() -> None:
    run = run_of()
    at = standing(moves.begin(run, moment(0)))
    delays: list[int] = []
    for _ in range(10):
        rested = standing(moves.failed(run, at, Failed("Lambda.Unknown", ""), moment(0)))
        assert isinstance(rested.phase, Resting)
        delays.append(rested.phase.until_ms)
        at = standing(moves.rested(run, rested, moment(0)))

    assert delays == [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]


def test_a_wait_of_no_length_is_no_wait() -> None:
    move = moves.begin(run_of(next="wait", waitSeconds=0), moment())

    assert standing(move).state == "RunFlow"
    assert Kind.EVALUATION_FAILED in [event[0] for event in move.events]


@pytest.mark.parametrize("seconds", ["60", 1.5, None, True, -1])
def test_a_wait_of_no_whole_number_of_seconds_is_no_wait(seconds: object) -> None:
    assert standing(moves.begin(run_of(next="wait", waitSeconds=seconds), moment())).state == "RunFlow"


def test_an_input_that_says_nothing_known_is_recorded_as_a_failure() -> None:
    at = standing(moves.begin(run_of(next="fly"), moment()))

    assert isinstance(at.phase, Calling)
    assert at.phase.payload == {
        "executionId": "EX1",
        "workflowRun": 1,
        "error": "States.NoChoiceMatched",
        "cause": "The answer says neither wait nor run nor done.",
    }


def test_a_long_cause_is_recorded_by_its_start() -> None:
    run = run_of()
    at = standing(moves.begin(run, moment()))
    spent = replace(at, failures=(0, 500, 60))

    recorded = standing(moves.failed(run, spent, Failed("Lambda.Unknown", "x" * 30_000), moment()))

    assert isinstance(recorded.phase, Calling)
    assert recorded.phase.payload == {
        "executionId": "EX1",
        "workflowRun": 1,
        "error": "Lambda.Unknown",
        "cause": "x" * 2000,
    }


def test_a_run_ends_with_its_last_possible_event() -> None:
    run = run_of()
    at = replace(standing(moves.begin(run, moment())), events=LIMIT - 4)

    move = moves.answered(run, at, {"Payload": {"next": "run"}}, moment())

    assert move.standing == Failed(
        "States.Runtime", "The execution reached the maximum number of history events (25000)."
    )
    assert move.first_event + len(move.events) - 1 == LIMIT


def test_the_last_answer_ends_the_run_in_one_move() -> None:
    run = run_of()
    at = standing(moves.begin(run, moment()))

    move = moves.answered(run, at, {"Payload": {"next": "done"}}, moment())

    assert isinstance(move.standing, Succeeded)
    assert move.events[-1][0] is Kind.EXECUTION_SUCCEEDED


def test_what_stands_is_read_back_as_it_stood() -> None:
    run = run_of(next="wait")
    called = standing(moves.begin(run, moment()))
    waiting = standing(moves.submitted(run, called, None, moment()))
    resting = standing(moves.failed(run, called, Failed("Lambda.Unknown", ""), moment()))

    assert isinstance(waiting.phase, Waiting)
    assert from_text(to_text(waiting)) == waiting
    assert from_text(to_text(resting)) == resting
    assert from_text(to_text(called)) == replace(called, phase=Interrupted())
