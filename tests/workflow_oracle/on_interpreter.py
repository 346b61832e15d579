"""Runs a scenario on the interpreter, behind its own endpoint."""

import asyncio
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal

from infra.local.workers import FunctionFailed
from infra.local.workflow.names import machine_arn
from infra.local.workflow.service import WorkflowSettings
from tests.local.workflow.served import NEVER, client_of, served
from tests.workflow_oracle.definition import shortened
from tests.workflow_oracle.scenarios import Outcome, Scenario
from tests.workflow_oracle.stage import FunctionRaised, Stage


def play(scenario: Scenario, database_url: str, folder: Path) -> Outcome:
    definition = folder / "workflow.asl.json"
    definition.write_text(shortened(scenario.retries))
    settings = WorkflowSettings(database_url=database_url, sweep_interval=NEVER, definition=definition)
    functions = Functions()
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(served(settings, functions.invoke)) as url,
    ):
        functions.stage = Stage(scenario, client_of(url))
        return functions.stage.play(machine_arn(settings.machine))


class Functions:
    """Those of the stage, once it stands; the sweep has nothing to do."""

    stage: Stage | None = None

    async def invoke(self, function: str, payload: Any) -> object:
        if self.stage is None or function == "sweep":
            return None
        try:
            return await asyncio.to_thread(self.stage.invoke, function, payload)
        except FunctionRaised as error:
            raise FunctionFailed(error.error_type, error.message) from error
