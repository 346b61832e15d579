"""Our definition is one that the interpreter runs; what it would not run as AWS does is refused."""

import json
import random
import re
from collections.abc import Mapping
from typing import Any

import pytest

from chaingraph.errors import Rejected
from infra.local.workflow.definition import Jitter, Retrier, Task
from infra.local.workflow.loading import read_definition
from tests.workflow_oracle.definition import DEFINITION, FUNCTIONS

OUTAGE_SECONDS = 15 * 60
FUNCTION_TIMEOUT_SECONDS = 900
NAMES = {name: name for name in FUNCTIONS}

RESOURCES = "arn:aws:states:::lambda:invoke, arn:aws:states:::lambda:invoke.waitForTaskToken"


def problems_of(document: object) -> dict[str, str]:
    with pytest.raises(Rejected) as refusal:
        read_definition(json.dumps(document), NAMES)
    return {problem.path: problem.message for problem in refusal.value.problems}


def changed(places: Mapping[str, object]) -> dict[str, Any]:
    """Our definition with other values at some places."""
    document: dict[str, Any] = json.loads(DEFINITION.read_text())
    for place, value in places.items():
        *way, last = re.findall(r"[^.\[\]]+", place)
        part: Any = document
        for step in way:
            part = part[int(step) if step.isdigit() else step]
        part[last] = value
    return document


def retriers(state: str, error: str) -> Retrier:
    task = read_definition(DEFINITION.read_text(), NAMES).task(state)
    return next(each for each in task.retriers if error in each.errors)


def test_our_definition_is_accepted() -> None:
    definition = read_definition(DEFINITION.read_text(), NAMES)

    assert definition.start_at == "Next"
    assert set(definition.states) == {"Next", "AwaitSignal", "RunFlow", "RecordFailure", "Done"}


def test_the_file_names_functions_by_placeholders_only() -> None:
    text = DEFINITION.read_text()

    assert [text.count(f'"FunctionName": "${{{name}}}"') for name in FUNCTIONS] == [1, 1, 1]


@pytest.mark.parametrize("state", ["AwaitSignal", "RunFlow", "RecordFailure"])
def test_failing_tasks_outlast_an_outage_of_a_quarter_of_an_hour(state: str) -> None:
    retrier = retriers(state, "States.ALL" if state == "RecordFailure" else "States.TaskFailed")
    chance = random.Random(7)  # noqa: S311 - chance, not a secret
    lasts = [sum(delays(retrier, chance)) for _ in range(500)]

    assert retrier.jitter is Jitter.FULL
    assert retrier.interval_seconds == 1
    assert min(lasts) > OUTAGE_SECONDS


def delays(retrier: Retrier, chance: random.Random) -> list[float]:
    longest = retrier.max_delay_seconds or 0
    return [
        chance.random() * min(longest, retrier.interval_seconds * retrier.backoff_rate ** min(attempt, 99))
        for attempt in range(retrier.max_attempts)
    ]


def test_a_slice_is_given_longer_than_its_function_may_take() -> None:
    document = json.loads(DEFINITION.read_text())

    assert document["States"]["RunFlow"]["TimeoutSeconds"] >= FUNCTION_TIMEOUT_SECONDS + 30


def test_timeouts_are_caught_and_not_repeated() -> None:
    definition = read_definition(DEFINITION.read_text(), NAMES)

    for task in (state for state in definition.states.values() if isinstance(state, Task) and state.catchers):
        first = task.retriers[0]
        assert {"States.Timeout", "States.HeartbeatTimeout"} <= first.errors
        assert first.max_attempts == 0


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("States.RunFlow.HeartbeatSeconds", 5, "is not supported"),
        ("States.Done.Type", "Wait", "'Wait' is not one of Choice, Task, Succeed"),
        (
            "States.RunFlow.Resource",
            "arn:aws:states:::sqs",
            f"'arn:aws:states:::sqs' is not one of {RESOURCES}",
        ),
        ("States.Next.Choices[0].Condition", "true", "must be an expression between {% and %}"),
        (
            "States.Next.Choices[1].Condition",
            "{% $a. %}",
            "'$a.' is not JSONata: Unexpected end of expression",
        ),
        ("States.RunFlow.Retry[1].JitterStrategy", "SOME", "must be FULL or NONE"),
        ("States.RunFlow.Retry[1].MaxDelaySeconds", 1, "must be a number from 2 to 3.16224e+07"),
        ("States.RunFlow.Retry[1].MaxAttempts", True, "must be a number from 0 to 1e+08"),
        ("States.RunFlow.Catch[0].ErrorEquals", ["States.ALL", "Other"], "States.ALL must stand alone"),
        ("States.RunFlow.Catch[0].ErrorEquals", "States.ALL", "must be an array of error names"),
        ("States.RunFlow.TimeoutSeconds", 0, "must be a number from 1 to 1e+08"),
        ("States.RunFlow.Arguments.FunctionName", "${other}", "nothing was given for ${other}"),
        ("QueryLanguage", "JSONPath", "must be JSONata"),
    ],
)
def test_what_is_not_run_as_on_aws_is_refused(place: str, value: object, message: str) -> None:
    assert problems_of(changed({place: value})) == {place: message}


def test_a_state_that_is_missing_or_out_of_reach_is_named() -> None:
    document = changed({"States.RunFlow.Next": "Nowhere", "States.Lonely": {"Type": "Succeed"}})

    assert problems_of(document) == {
        "States.RunFlow": "there is no state 'Nowhere'",
        "States.Lonely": "cannot be reached",
    }


def test_every_problem_is_listed() -> None:
    document = changed(
        {
            "States.Next.Choices[0].Next": "Nowhere",
            "States.RunFlow.Output": "{% ( %}",
            "States.Done.Type": "Fail",
        }
    )

    assert problems_of(document).keys() == {
        "States.Next",
        "States.RunFlow.Output",
        "States.Done.Type",
        "States.AwaitSignal",
    }


@pytest.mark.parametrize("text", ["", "[]", '{"QueryLanguage": "JSONPath"}'])
def test_what_is_no_definition_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        read_definition(text, NAMES)
