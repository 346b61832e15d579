"""The synthesized templates, deployed to an emulator of AWS that nobody here wrote, run a flow."""

import asyncio
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import psycopg
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from chaingraph.aws.connections import connection_posts
from chaingraph.ids import ConnectionId
from chaingraph.interfaces import PostOutcome
from chaingraph.postgres.migrate import migrations
from tests.flow_documents import recorded_flow
from tests.infra.emulated.deployment import Deployed
from tests.infra.emulated.issuing import Issuer
from tests.raw_socket import RawSocket, request
from tests.unit.aws.endpoints import FixedCredentials

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("synth")]

CHAIN: Final = recorded_flow("chain-number-math")
RUN_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.1


def test_a_flow_is_stored_run_and_watched_by_whoever_has_a_token(
    deployed: Deployed, token_issuer: Issuer, empty_database_url: str
) -> None:
    refuses_strangers(deployed)
    token = token_issuer.token("alice")
    flow_id = stored_flow(deployed, token)

    with socket_to(deployed, token) as socket:
        execution_id = socket.call("create", flowId=flow_id)["executionId"]
        socket.subscribe(execution_id)
        socket.send(request(3, "mutation", "start", executionId=execution_id))
        events = list(socket.events())

    assert [event["index"] for event in events] == list(range(-1, len(events) - 1))
    assert (events[0]["type"], events[-1]["type"]) == ("execution:created", "flow:completed")
    assert read(deployed, token, f"/v1/executions/{execution_id}")["status"] == "completed"
    assert status_of(execution_id, deployed) == "SUCCEEDED"
    assert asyncio.run(post_to_nobody(deployed)) is PostOutcome.GONE
    assert applied(empty_database_url) == [each.name for each in migrations()]


def refuses_strangers(deployed: Deployed) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        read(deployed, "", "/v1/executions")
    with pytest.raises(InvalidStatus, match=r"HTTP 40[13]"), socket_to(deployed, "made-up"):
        pass


def stored_flow(deployed: Deployed, token: str) -> str:
    storing = urllib.request.Request(
        f"{deployed.http_url}/v1/flows",
        orjson.dumps(CHAIN),
        {"authorization": f"Bearer {token}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(storing, timeout=60) as answer:
        assert answer.status == 201
        return orjson.loads(answer.read())["id"]


def read(deployed: Deployed, token: str, path: str) -> Any:
    address = f"{deployed.http_url}{path}"
    reading = urllib.request.Request(address, headers={"authorization": f"Bearer {token}"})
    with urllib.request.urlopen(reading, timeout=60) as answer:
        return orjson.loads(answer.read())


@contextmanager
def socket_to(deployed: Deployed, token: str) -> Generator[RawSocket]:
    with connect(f"{deployed.websocket_url}?token={token}", open_timeout=60) as connection:
        yield RawSocket(connection)


def status_of(execution_id: str, deployed: Deployed) -> str:
    """Of the run of the state machine, which ends a moment after the execution."""
    states = deployed.emulator.client("stepfunctions")
    (machine,) = states.list_state_machines()["stateMachines"]
    run = f"{machine['stateMachineArn'].replace(':stateMachine:', ':execution:')}:{execution_id}-1"
    deadline = time.monotonic() + RUN_SECONDS
    while (status := states.describe_execution(executionArn=run)["status"]) == "RUNNING":
        assert time.monotonic() < deadline, run
        time.sleep(POLL_SECONDS)  # the emulator tells nobody
    return status


async def post_to_nobody(deployed: Deployed) -> PostOutcome:
    posts = connection_posts(
        deployed.connections_endpoint, credentials=FixedCredentials(), now=lambda: datetime.now(UTC)
    )
    outcome = await posts.post(ConnectionId("nobody="), b"{}")
    await posts.close_sessions()
    return outcome


def applied(database_url: str) -> list[str]:
    with psycopg.connect(database_url) as session:
        rows = session.execute("select name from chaingraph.migrations order by name").fetchall()
    return [name for (name,) in rows]
