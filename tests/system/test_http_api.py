"""The HTTP API of the running system."""

import pytest

from chaingraph.cli.main import main
from tests.local_system import System
from tests.raw_socket import raw_socket
from tests.sketched_flows import chain_of_sleeps, flow_document

pytestmark = [pytest.mark.xdist_group("system"), pytest.mark.timeout(120)]

ONE_NODE = flow_document("one", {"a": ("NumberNode", {"num": 1})})


def test_the_issuer_publishes_its_keys(local_system: System) -> None:
    configuration = local_system.request("GET", "/.well-known/openid-configuration").json

    assert configuration["issuer"] == local_system.addresses.issuer
    path = configuration["jwks_uri"].removeprefix(configuration["issuer"])
    (key,) = local_system.request("GET", path).json["keys"]
    assert "d" not in key


def test_the_token_of_the_command_line_opens_the_api(
    local_system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["token", "--user", "dora", "--state", str(local_system.state)]) == 0

    answer = local_system.request("GET", "/v1/flows", token=capsys.readouterr().out.strip())
    assert (answer.status, answer.json["flows"]) == (200, [])


def test_the_api_describes_itself(local_system: System) -> None:
    described = local_system.request("GET", "/openapi.json").json

    assert described["openapi"].startswith("3.")
    assert "/v1/executions" in described["paths"]


def test_the_catalogue_knows_the_built_in_node_types(local_system: System) -> None:
    answer = local_system.request("GET", "/v1/node-types", token=local_system.token())

    assert answer.status == 200
    assert "NumberNode" in answer.body.decode()


def test_a_flow_is_stored_read_replaced_and_deleted(local_system: System) -> None:
    token = local_system.token("erin")
    path = f"/v1/flows/{local_system.store(ONE_NODE, token=token)}"

    read = local_system.request("GET", path, token=token).json
    replaced = local_system.request("PUT", f"{path}?version={read['version']}", read["document"], token=token)
    late = local_system.request("PUT", f"{path}?version={read['version']}", read["document"], token=token)
    deleted = local_system.request("DELETE", path, token=token)

    assert (replaced.status, late.status, deleted.status) == (200, 409, 204)
    assert local_system.request("GET", path, token=token).status == 404


def test_an_execution_runs_and_its_history_can_be_read(local_system: System) -> None:
    token = local_system.token()
    flow_id = local_system.store(ONE_NODE, token=token)
    path = "/v1/executions"
    execution_id = local_system.request("POST", path, {"flowId": flow_id}, token=token).json["executionId"]

    started = local_system.request("POST", f"{path}/{execution_id}/start", {}, token=token)
    seen = wait_until_ended(local_system, execution_id)
    again = local_system.request("POST", f"{path}/{execution_id}/start", {}, token=token)

    assert (started.status, again.status) == (200, 409)
    assert local_system.request("GET", f"{path}/{execution_id}", token=token).json["status"] == "completed"
    stored = local_system.request("GET", f"{path}/{execution_id}/events", token=token).json["events"]
    assert [event["index"] for event in stored] == seen


def test_the_same_key_is_the_same_execution(local_system: System) -> None:
    token = local_system.token()
    wanted = {"flowId": local_system.store(ONE_NODE, token=token), "idempotencyKey": "once"}

    first = local_system.request("POST", "/v1/executions", wanted, token=token)
    second = local_system.request("POST", "/v1/executions", wanted, token=token)

    assert first.json["executionId"] == second.json["executionId"]


def test_a_running_execution_is_paused_resumed_and_stopped(local_system: System) -> None:
    token = local_system.token()
    flow_id = local_system.store(chain_of_sleeps(50, 100), token=token)
    with raw_socket(local_system) as socket:
        execution_id = socket.call("create", flowId=flow_id)["executionId"]
        socket.subscribe(execution_id)
        command(local_system, execution_id, "start")
        commands = {"flow:started": "pause", "flow:paused": "resume", "flow:resumed": "stop"}
        seen: list[str] = []
        for event in socket.events():
            seen.append(event["type"])
            if event["type"] in commands:
                command(local_system, execution_id, commands[event["type"]])

    ends = [kind for kind in seen if kind.startswith("flow:")]
    assert ends == ["flow:started", "flow:paused", "flow:resumed", "flow:cancelled"]


def command(system: System, execution_id: str, name: str) -> None:
    answer = system.request("POST", f"/v1/executions/{execution_id}/{name}", {}, token=system.token())
    assert answer.status == 200, answer.body


def wait_until_ended(system: System, execution_id: str) -> list[int]:
    """The indices of all its events."""
    with raw_socket(system) as socket:
        socket.subscribe(execution_id)
        return [event["index"] for event in socket.events()]
