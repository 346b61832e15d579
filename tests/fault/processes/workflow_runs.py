"""The workflow's API as an operator uses it: runs are started, ended and looked at from outside."""

from contextlib import suppress
from threading import Event
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chaingraph.aws.workflows import workflow_input, workflow_name
from chaingraph.ids import ExecutionId, WorkflowRun
from chaingraph.settings import Settings
from chaingraph.usecases.start_workflow import AT_ONCE
from infra.local.workflow.names import machine_arn, run_arn
from tests.fault.processes.faulty_system import RETRY_SECONDS, FaultySystem
from tests.local.workflow.served import client_of

MACHINE = "chaingraph"
START_SECONDS: int = Settings.model_fields["start_timeout_seconds"].default


def name_of(execution_id: str, number: int) -> str:
    return workflow_name(ExecutionId(execution_id), WorkflowRun(number))


def start_run(faulty: FaultySystem, execution_id: str, number: int, name: str | None = None) -> None:
    """Another one under this name, or the same once more; one that has ended stays so."""
    wait_seconds = START_SECONDS if name is None else AT_ONCE
    with suppress(client_of(faulty.workflow_url).exceptions.ExecutionAlreadyExists):
        _asked(
            faulty,
            "start_execution",
            stateMachineArn=machine_arn(MACHINE),
            name=name or name_of(execution_id, number),
            input=workflow_input(ExecutionId(execution_id), WorkflowRun(number), wait_seconds),
        )


def stop_run(faulty: FaultySystem, name: str) -> None:
    """As soon as there is one of this name."""
    _asked(faulty, "stop_execution", executionArn=run_arn(MACHINE, name), error="Ended by somebody")


def final_status(faulty: FaultySystem, name: str) -> str:
    """Of a workflow run, when it has ended."""
    arn = run_arn(MACHINE, name)
    while (status := _asked(faulty, "describe_execution", executionArn=arn)["status"]) == "RUNNING":
        Event().wait(RETRY_SECONDS)
    return status


def _asked(faulty: FaultySystem, operation: str, **fields: str) -> Any:
    """Again and again while something is away, or not there yet."""
    while True:
        client = client_of(faulty.workflow_url)
        try:
            return getattr(client, operation)(**fields)
        except client.exceptions.ExecutionAlreadyExists:
            raise
        except (BotoCoreError, ClientError):
            Event().wait(RETRY_SECONDS)
