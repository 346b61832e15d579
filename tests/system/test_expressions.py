"""Expressions in the running system: evaluated beside the engine, in a process of their own."""

import pytest

from tests.local_system import System
from tests.raw_socket import raw_socket
from tests.sketched_flows import flow_document

pytestmark = [pytest.mark.xdist_group("system"), pytest.mark.timeout(120)]

ENDLESS = "($f := function($n) { $f($n) }; $f(1))"
FLOW = flow_document(
    "expressions",
    {
        "sum": ("ExpressionNode", {"expression": "$sum(input)", "input": {"input": [1, 2, 3.5]}}),
        "endless": ("ExpressionNode", {"expression": ENDLESS}),
        "named": ("MapByExpressionNode", {"expression": "name", "array": [{"name": "a"}, {"name": "b"}]}),
    },
)


def test_expressions_are_evaluated_and_endless_ones_fail_their_node(local_system: System) -> None:
    token = local_system.token()
    flow_id = local_system.store(FLOW, token=token)
    with raw_socket(local_system) as socket:
        execution_id = socket.call("create", flowId=flow_id)["executionId"]
        socket.subscribe(execution_id)
        local_system.request("POST", f"/v1/executions/{execution_id}/start", {}, token=token)
        ends = {
            event["data"]["json"]["nodeId"]: event["data"]["json"]
            for event in socket.events()
            if event["type"] in {"node:completed", "node:failed"}
        }

    assert ends["sum"]["values"]["result"] == 6.5
    assert ends["named"]["values"]["result"] == ["a", "b"]
    assert "takes longer than 5 s" in ends["endless"]["error"]["message"]
