"""Runs a scenario on moto, in this process.

moto 5.2.5 needs two replacements of private parts: without Java it brings no JSONata, and it calls
functions through a client of its own. The version is checked, because another one may not have these parts.
"""

import io
import json
from functools import partial
from importlib.metadata import version
from typing import Any, cast

import boto3
import moto.stepfunctions.parser.asl.component.state.exec.state_task.lambda_eval_utils as calls
import moto.stepfunctions.parser.asl.jsonata.jsonata as queries
import pytest
from moto import mock_aws

from chaingraph.expressions.library import Jsonata
from tests.workflow_oracle.definition import shortened, with_names
from tests.workflow_oracle.scenarios import Outcome, Scenario
from tests.workflow_oracle.stage import ROLE, FunctionRaised, Stage

VERSION = "5.2.5"


def play(scenario: Scenario) -> Outcome:
    if version("moto") != VERSION:
        raise RuntimeError(f"made for moto {VERSION}")
    with (
        mock_aws(config={"stepfunctions": {"execute_state_machine": True}}),
        pytest.MonkeyPatch.context() as patch,
    ):
        client = cast("Any", boto3).client("stepfunctions", region_name="us-east-1")
        stage = Stage(scenario, client)
        patch.setattr(queries, "_eval_jsonata", query)
        patch.setattr(calls, "boto_client_for", partial(LambdaClient, stage))
        definition = with_names(shortened(scenario.retries))
        machine = client.create_state_machine(name="workflow", definition=definition, roleArn=ROLE)
        return stage.play(machine["stateMachineArn"])


def query(text: str) -> object:
    return Jsonata(text).evaluate(None)


class LambdaClient:
    """What moto needs of a client of Lambda."""

    def __init__(self, stage: Stage, **_: object) -> None:
        self._stage = stage

    def invoke(self, **request: Any) -> dict[str, Any]:
        try:
            answer = self._stage.invoke(request["FunctionName"], json.loads(request["Payload"]))
        except FunctionRaised as error:
            raised = {"errorType": error.error_type, "errorMessage": error.message}
            return _response(raised) | {"FunctionError": "Unhandled"}
        return _response(answer)


def _response(payload: object) -> dict[str, Any]:
    body = io.BytesIO(json.dumps(payload).encode())
    return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": body}
