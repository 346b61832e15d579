from pathlib import Path

from chaingraph.cli.local_system import LocalSystem
from infra.local.database import Databases
from infra.local.parts import Wiring, parts_of
from infra.local.workflow.launch import launch_from

URL = "http://127.0.0.1:9"


def wiring(**given: str) -> Wiring:
    return Wiring(
        system=LocalSystem(http_url=URL, websocket_url=URL, issuer=URL, audience="chaingraph"),
        databases=Databases(flows="postgresql://flows", workflow="postgresql://workflow"),
        gateway_port=9,
        workflow_port=9,
        documents={},
        logs=Path("logs"),
        given=given,
    )


def test_whoever_finds_no_slot_or_obeys_a_command_finds_a_worker_when_all_slots_are_taken() -> None:
    (workflow,) = [part for part in parts_of(wiring(QUEUE_CONCURRENCY="500")) if part.name == "workflow"]
    (run_flow,) = [
        function for function in launch_from(workflow.environment).functions if function.name == "run_flow"
    ]

    assert run_flow.concurrency > 500
