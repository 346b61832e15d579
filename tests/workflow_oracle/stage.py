"""The functions of a scenario, and the client that plays everybody else."""

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

from tests.workflow_oracle.scenarios import (
    JSON,
    CompletesToken,
    Deed,
    FailsToken,
    LeavesToken,
    Outcome,
    Raises,
    Returns,
    Scenario,
)

ROLE = "arn:aws:iam::000000000000:role/workflow"
POLL_SECONDS = 0.01
ENDED = {"SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"}


class FunctionRaised(Exception):
    """What the function's handler raised."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message


class Stage:
    """Called from the threads of whoever runs the definition; `client` is a boto3 client."""

    def __init__(self, scenario: Scenario, client: Any) -> None:
        self._scenario = scenario
        self._client = client
        self._left: list[tuple[str, JSON]] = []
        self._lock = threading.Lock()
        self.calls: list[str] = []

    def invoke(self, function: str, payload: Mapping[str, JSON]) -> JSON:
        with self._lock:
            deeds = self._scenario.deeds[function]
            deed = deeds[min(self.calls.count(function), len(deeds) - 1)]
            self.calls.append(function)
        return self._act(deed, payload)

    def play(self, machine_arn: str) -> Outcome:
        """Start the run and complete what its functions leave, until it has ended."""
        begun = self._client.start_execution(
            stateMachineArn=machine_arn, name="EX1-1", input=json.dumps(self._scenario.input)
        )
        arn = begun["executionArn"]
        while (run := self._client.describe_execution(executionArn=arn))["status"] not in ENDED:
            self._complete_tokens(arn)
            time.sleep(POLL_SECONDS)  # whoever runs the definition tells nobody when it is done
        return Outcome(
            status=run["status"],
            output=json.loads(run["output"]) if "output" in run else None,
            error=run.get("error"),
            states=tuple(self._states(arn)),
            calls=tuple(self.calls),
        )

    def _act(self, deed: Deed, payload: Mapping[str, JSON]) -> JSON:
        token = payload.get("taskToken")
        match deed:
            case Returns(payload=answer):
                return answer
            case Raises(error_type=error_type, message=message):
                raise FunctionRaised(error_type, message)
            case CompletesToken(output=output):
                self._client.send_task_success(taskToken=token, output=json.dumps(output))
            case FailsToken(error=error, cause=cause):
                self._client.send_task_failure(taskToken=token, error=error, cause=cause)
            case LeavesToken(output=output):
                self._left.append((str(token), output))
        return None

    def _complete_tokens(self, arn: str) -> None:
        if not self._left:
            return
        events = self._events(arn)
        if events[-1]["type"] == "TaskSubmitted":
            token, output = self._left.pop()
            self._client.send_task_success(taskToken=token, output=json.dumps(output))

    def _states(self, arn: str) -> list[str]:
        details = [event.get("stateEnteredEventDetails") for event in self._events(arn)]
        return [detail["name"] for detail in details if detail]

    def _events(self, arn: str) -> list[Any]:
        return self._client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
