"""A workflow run is ended by somebody, and the event that tells of it is lost, comes twice, or comes late."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from chaingraph.aws.workflows import workflow_input, workflow_name
from chaingraph.cli.local_system import LocalSystem
from chaingraph.execution.status import is_final
from chaingraph.ids import ExecutionId, WorkflowRun
from chaingraph.postgres.database import Database
from chaingraph.postgres.executions import PostgresExecutions
from chaingraph.usecases.start_workflow import AT_ONCE
from infra.local.database import Databases
from infra.local.parts import Wiring, settings_of
from infra.local.ports import HOST, free_port
from infra.local.workers import Functions, FunctionSettings
from infra.local.workflow.service import WorkflowSettings
from tests.fault.fifty_nodes import fifty_nodes
from tests.fault.processes.faulty_system import RETRY_SECONDS, SETTINGS, TURN_SECONDS
from tests.fault.processes.halves import created_from
from tests.fault.processes.kept_ledger import KeptRun, read_ledger
from tests.fault.processes.node_package import make_package, path_with
from tests.fault.processes.records import gathered
from tests.fault.processes.watched_flow import Ending
from tests.fault.reporting import Survived
from tests.local.workflow.served import Steps, client_of, served

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

FUNCTIONS = ("await_signal", "run_flow", "record_failure", "sweep")
FIRST = WorkflowRun(1)
NODES_BEFORE = 20
# When the event of a run's end arrives, by what befalls it.
DELIVERIES: Mapping[str, Sequence[timedelta]] = {
    "lost": (),
    "doubled": (timedelta(0), timedelta(milliseconds=20)),
    "late": (timedelta(seconds=1),),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """The workflow with the processes of its functions; `fates`: of the events, by run."""

    database: Database
    steps: Steps
    ledger: Path
    fates: dict[str, str]

    async def started(self) -> ExecutionId:
        execution_id = await created_from(orjson.dumps(fifty_nodes()), self.database)
        await PostgresExecutions(self.database).start(execution_id)
        run = execution_id, FIRST
        await self.steps.start_with(workflow_name(*run), workflow_input(*run, AT_ONCE))
        return execution_id

    async def stopped_in_the_middle(self, fate: str) -> tuple[ExecutionId, set[int]]:
        """The processes that ran it until then."""
        execution_id = await self.started()
        name = workflow_name(execution_id, FIRST)
        self.fates[name] = fate
        while len(self._runs({execution_id})) < NODES_BEFORE:  # noqa: ASYNC110 - lines are no events
            await asyncio.sleep(RETRY_SECONDS)
        before = {run.pid for run in self._runs({execution_id})}
        await self.steps.stop(name, error="Ended by somebody")
        return execution_id, before

    async def ended(self, execution_id: ExecutionId) -> Ending:
        """Wait for the end; what is left."""
        executions = PostgresExecutions(self.database)
        while not is_final((await executions.read(execution_id)).status):  # noqa: ASYNC110 - rows are no events
            await asyncio.sleep(RETRY_SECONDS)
        records = await gathered(execution_id, self.database)
        return Ending(records, self._runs({of for of, _ in records.ended}), [])

    def _runs(self, tree: set[str]) -> list[KeptRun]:
        return [run for run in read_ledger(self.ledger) if run.body.execution_id in tree]


async def test_whatever_befalls_the_event_somebody_goes_on(
    database_url: str,
    empty_database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    survived: Survived,
) -> None:
    make_package(tmp_path, tmp_path / "ledger", TURN_SECONDS)
    monkeypatch.setenv("PYTHONPATH", path_with(tmp_path))
    async with set_up(Databases(database_url, empty_database_url), tmp_path) as stage:
        calm = await stage.ended(await stage.started())
        stopped = await asyncio.gather(*(stage.stopped_in_the_middle(fate) for fate in DELIVERIES))
        endings = await asyncio.gather(*(stage.ended(execution_id) for execution_id, _ in stopped))

    for ending, (_, superseded) in zip(endings, stopped, strict=True):
        assert ending.problems(calm.records.audit.tree, superseded=superseded) == []
    survived(f"status event {fate}" for fate in DELIVERIES)


@asynccontextmanager
async def set_up(databases: Databases, folder: Path) -> AsyncGenerator[Stage]:
    port, fates = free_port(), dict[str, str]()

    def deliveries(event: Mapping[str, Any]) -> Sequence[timedelta]:
        return DELIVERIES[fates.get(event["detail"]["name"], "doubled")]

    settings = WorkflowSettings(
        database_url=databases.workflow,
        port=port,
        sweep_interval=timedelta(milliseconds=int(SETTINGS["RECOVERY_SCAN_INTERVAL_MS"])),
        deliveries=deliveries,
    )
    database = Database(databases.flows)
    async with (
        Functions(functions(databases, port, folder)) as pool,
        served(settings, pool.invoke) as url,
    ):
        yield Stage(database, Steps(client_of(url)), folder / "ledger", fates)
    await database.close()


def functions(databases: Databases, port: int, logs: Path) -> list[FunctionSettings]:
    """As the local system has them, without a gateway that anybody would answer at."""
    nowhere = f"http://{HOST}:9"
    wiring = Wiring(
        system=LocalSystem(http_url=nowhere, websocket_url=nowhere, issuer=nowhere, audience="chaingraph"),
        databases=databases,
        gateway_port=9,
        workflow_port=port,
        documents={},
        logs=logs,
        given=SETTINGS,
    )
    environment = settings_of(wiring)
    return [
        FunctionSettings(
            name=name, handler=f"functions.{name}.handler:handler", concurrency=16, environment=environment
        )
        for name in FUNCTIONS
    ]
