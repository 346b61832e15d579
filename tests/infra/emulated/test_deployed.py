"""The synthesized templates, deployed to an emulator of AWS that nobody here wrote, run a flow."""

import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg
import pytest
from websockets.sync.client import connect

from chaingraph.postgres.migrate import migrations
from tests.flow_documents import recorded_flow
from tests.infra.emulated.deployment import Deployed
from tests.infra.emulated.issuing import Issuer
from tests.raw_socket import RawSocket

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("synth")]

CHAIN = recorded_flow("chain-number-math")


def test_a_flow_is_stored_run_and_watched(
    deployed: Deployed, token_issuer: Issuer, empty_database_url: str
) -> None:
    token = token_issuer.token("alice")
    flow_id = stored_flow(deployed, token)

    with socket_to(deployed, token) as socket:
        execution_id = socket.call("create", flowId=flow_id)["executionId"]
        socket.subscribe(execution_id)
        socket.send(
            {
                "id": 3,
                "method": "mutation",
                "params": {"path": "start", "input": {"json": {"executionId": execution_id}}},
            }
        )
        events = list(socket.events())

    assert [event["index"] for event in events] == list(range(-1, len(events) - 1))
    assert (events[0]["type"], events[-1]["type"]) == ("EXECUTION_CREATED", "FLOW_COMPLETED")
    assert run_of(execution_id, deployed)["status"] == "SUCCEEDED"
    assert applied(empty_database_url) == [each.name for each in migrations()]


def stored_flow(deployed: Deployed, token: str) -> str:
    request = urllib.request.Request(
        f"{deployed.http_url}/v1/flows",
        orjson.dumps(CHAIN),
        {"authorization": f"Bearer {token}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 201
        return orjson.loads(answer.read())["id"]


@contextmanager
def socket_to(deployed: Deployed, token: str) -> Generator[RawSocket]:
    with connect(f"{deployed.websocket_url}?token={token}", open_timeout=60) as connection:
        yield RawSocket(connection)


def run_of(execution_id: str, deployed: Deployed) -> Any:
    """The run of the state machine, when it has ended."""
    states = deployed.emulator.client("stepfunctions")
    (machine,) = states.list_state_machines()["stateMachines"]
    runs = states.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    (run,) = [run for run in runs if run["name"] == f"{execution_id}-1"]
    return run


def applied(database_url: str) -> list[str]:
    with psycopg.connect(database_url) as session:
        rows = session.execute("select name from chaingraph.migrations order by name").fetchall()
    return [name for (name,) in rows]
