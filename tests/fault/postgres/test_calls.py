"""Faults where flows call flows: each call is made once, each called flow runs once and returns once."""

from collections.abc import Mapping

import pytest

from chaingraph.execution.events import EventType
from tests.fault.faults import Kind
from tests.fault.fifty_nodes import flow_document
from tests.fault.postgres.plays import STRIKES, Play, Stage, calm, values
from tests.fault.trial import Trial

pytestmark = pytest.mark.timeout(1800)

BILLING = flow_document(
    {"in": ("SubFlowInputNode", {}), "bills": ("Bills", {}), "out": ("SubFlowOutputNode", {})},
    ["in.inputs -> bills.given", "bills.result -> out.outputs"],
    "billing",
)
PASSING_ON = flow_document(
    {
        "in": ("SubFlowInputNode", {}),
        "call": ("CallFlowNode", {"flowId": "V2billing"}),
        "out": ("SubFlowOutputNode", {}),
    },
    ["in.inputs -> call.inputs", "call.outputs -> out.outputs"],
    "passing",
)
EACH: Mapping[str, object] = {
    "flowId": "V2billing",
    "elements": [1, -2],
    "concurrency": 1,
    "onFailure": "continue",
}
PLAY = Play(
    flow_document(
        {
            "each": ("ForEachFlowNode", EACH),
            "one": ("CallFlowNode", {"flowId": "V2passing", "inputs": {"n": 21}}),
        },
        [],
    ),
    called={"V2billing": BILLING, "V2passing": PASSING_ON},
    locks="lock table chaingraph.executions in access exclusive mode",
)


CALLED = {
    '//each {"element":1,"index":0}',
    '//each {"element":-2,"index":1}',
    '//one {"n":21}',
    '//one {"n":21}/call {"n":21}',
}
ENDS = (EventType.CHILD_COMPLETED, EventType.CHILD_FAILED)


def times_of(trial: Trial, kind: EventType) -> int:
    return sum(event.type == kind for event in trial.audit.logs["/"])


def test_without_a_fault_every_call_returns() -> None:
    trial = calm(PLAY)

    assert trial.problems(trial.audit.tree) == []
    assert trial.audit.tree.keys() == {"/", *CALLED}
    assert values(trial, "each")["results"] == [{"twice": 2}, None]
    assert values(trial, "one")["outputs"] == {"twice": 42}
    assert [times_of(trial, kind) for kind in ENDS] == [2, 1]


@pytest.mark.parametrize("kind", STRIKES)
def test_each_call_is_answered_once_whatever_breaks(kind: Kind, stage: Stage) -> None:
    stage.assert_unchanged(PLAY, kind)
