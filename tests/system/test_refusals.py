"""Bad input over real sockets: every refusal names its reason, changes nothing, and shows no traceback."""

import time
from collections.abc import Generator

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chaingraph.cli.local_tokens import key_id, read_signing_key
from tests.local_system import System
from tests.raw_socket import RawSocket, connected, raw_socket, request
from tests.sketched_flows import flow_document

pytestmark = [pytest.mark.xdist_group("system"), pytest.mark.timeout(120)]

ONE_NODE = flow_document("one", {"a": ("NumberNode", {"num": 1})})


@pytest.fixture
def alice(local_system: System) -> Generator[RawSocket]:
    with raw_socket(local_system, "alice") as socket:
        yield socket


@pytest.mark.parametrize(
    ("message", "request_id", "code"),
    [
        ("{", None, "PARSE_ERROR"),
        (b"\x00\x01", None, "PARSE_ERROR"),
        ("[1]", None, "PARSE_ERROR"),
        ({"method": "mutation"}, None, "PARSE_ERROR"),
        ({"id": 7, "method": "dance", "params": {}}, 7, "PARSE_ERROR"),
        ({"id": 7, "method": "mutation", "params": {"path": 5}}, 7, "PARSE_ERROR"),
        (request(7, "mutation", "explode"), 7, "NOT_FOUND"),
        (request(7, "query", "create", flowId="x"), 7, "NOT_FOUND"),
        (request(7, "mutation", "create", flowId=5), 7, "BAD_REQUEST"),
        (request(7, "mutation", "create", flowId="V2none"), 7, "NOT_FOUND"),
        (request("seven", "mutation", "start", executionId="EXnone"), "seven", "NOT_FOUND"),
        (request(7, "query", "getRootExecutions", flowId="x", limit=101), 7, "BAD_REQUEST"),
        (request(7, "mutation", "start"), 7, "BAD_REQUEST"),
    ],
)
def test_a_bad_message_is_answered_and_the_connection_goes_on(
    alice: RawSocket, message: object, request_id: object, code: str
) -> None:
    answer = alice.ask(message)

    assert (answer["id"], answer["error"]["json"]["data"]["code"]) == (request_id, code)
    assert "Traceback" not in str(answer)
    alice.send("PING")
    assert alice.receive_text() == "PONG"


def test_a_message_over_the_limit_ends_the_connection(alice: RawSocket) -> None:
    alice.send(request(7, "mutation", "create", flowId="x" * 140_000))

    with pytest.raises(ConnectionClosed) as closed:
        alice.receive_text()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_an_id_in_use_is_refused_and_its_subscription_goes_on(alice: RawSocket, local_system: System) -> None:
    flow_id = local_system.store(ONE_NODE, token=local_system.token())
    execution_id = alice.call("create", flowId=flow_id)["executionId"]
    alice.subscribe(execution_id)
    next(alice.events())

    again = request(2, "subscription", "subscribeToExecutionEvents", executionId=execution_id)
    refused = alice.ask(again)
    alice.send(request(3, "mutation", "start", executionId=execution_id))

    assert refused["error"]["json"]["message"] == "Duplicate id 2"
    assert [event["type"] for event in alice.events()][-1] == "flow:completed"


def test_one_bad_request_of_a_batch_leaves_the_others_alone(alice: RawSocket) -> None:
    alice.send([request(1, "mutation", "create", flowId=5), {"id": 2}, request(3, "mutation", "start")])

    answers = [alice.receive() for _ in range(3)]

    assert {answer["id"] for answer in answers} == {1, 2, 3}


def test_a_wrong_token_opens_no_connection(local_system: System) -> None:
    for token in wrong_tokens(local_system):
        with pytest.raises(InvalidStatus) as refused, connected(local_system, f"?token={token}"):
            pass
        assert refused.value.response.status_code == 401


@pytest.mark.parametrize("query", ["", "?token="])
def test_a_connection_without_a_token_can_ask_for_nothing(local_system: System, query: str) -> None:
    with connected(local_system, query) as socket:
        answer = socket.ask(request(1, "query", "getRootExecutions", flowId="V2none"))

    assert answer["error"]["json"]["data"]["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize("token", [None, "nonsense"])
def test_connection_parameters_without_a_good_token_are_refused(
    local_system: System, token: str | None
) -> None:
    with connected(local_system, "?connectionParams=1") as socket:
        socket.send({"method": "connectionParams", "data": {"token": token}})

        assert socket.receive()["error"]["json"]["data"]["code"] == "UNAUTHORIZED"


def test_the_http_api_names_what_is_wrong_with_a_token(local_system: System) -> None:
    for token in wrong_tokens(local_system):
        answer = local_system.request("GET", "/v1/flows", token=token)

        assert answer.status == 401
        assert answer.json["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "named"),
    [
        ("POST", "/v1/flows", b"{", 400, "JSON"),
        ("POST", "/v1/flows", b"[]", 400, "object"),
        ("GET", "/v1/flows/V2none", b"", 404, "V2none"),
        ("GET", "/v1/nothing", b"", 404, ""),
        ("GET", "/v1/flows?limit=101", b"", 400, "limit"),
        ("POST", "/v1/executions", b'{"flowId": 5}', 400, "flowId"),
        ("POST", "/v1/executions", b'{"flowId": "x", "colour": 1}', 400, "colour"),
        ("GET", "/v1/executions/EXnone", b"", 404, "EXnone"),
        ("POST", "/v1/executions/EXnone/start", b"{}", 404, "EXnone"),
        ("GET", "/v1/executions/EXnone/events", b"", 404, "EXnone"),
    ],
)
def test_a_bad_request_is_refused_with_its_reason(
    local_system: System, method: str, path: str, body: bytes, status: int, named: str
) -> None:
    answer = local_system.request(method, path, body=body, token=local_system.token())

    assert answer.status == status, answer.body
    assert named in answer.body.decode()
    assert "Traceback" not in answer.body.decode()


def test_a_flow_with_many_problems_is_refused_with_all_of_them(local_system: System) -> None:
    document = flow_document(
        "bad", {"a": ("NumberNode", {}), "b": ("NumberNode", {})}, ["a.num -> b.nothing"]
    )
    document["nodes"][0]["type"] = document["nodes"][0]["metadata"]["type"] = "NoSuchNode"

    answer = local_system.request("POST", "/v1/flows", document, token=local_system.token())

    assert answer.status == 400
    problems = " ".join(problem["message"] for problem in answer.json["error"]["problems"])
    assert "NoSuchNode" in problems
    assert "nothing" in problems


def test_a_flow_of_20_mb_is_refused(local_system: System) -> None:
    document = {**ONE_NODE, "padding": "x" * 20_000_000}

    answer = local_system.request("POST", "/v1/flows", document, token=local_system.token())

    assert answer.status == 413


def test_a_foreign_execution_is_forbidden(local_system: System) -> None:
    flow_id = local_system.store(ONE_NODE, token=local_system.token("alice"))
    created = local_system.request(
        "POST", "/v1/executions", {"flowId": flow_id}, token=local_system.token("alice")
    )
    path = f"/v1/executions/{created.json['executionId']}"

    assert local_system.request("GET", path, token=local_system.token("bob")).status == 403
    assert local_system.request("GET", path, token=local_system.token("carol", "admin")).status == 200


def wrong_tokens(system: System) -> list[str]:
    """Expired, signed with another key, unsigned, of another issuer, for another audience."""
    key, addresses = read_signing_key(system.state), system.addresses
    head = {"kid": key_id(key)}
    good = {"iss": addresses.issuer, "aud": addresses.audience, "sub": "alice", "exp": time.time() + 3600}
    stranger = generate_private_key(SECP256R1())
    unsigned = jwt.encode(good, "", algorithm="none", headers=head)
    return [
        jwt.encode({**good, "exp": 1}, key, algorithm="ES256", headers=head),
        jwt.encode(good, stranger, algorithm="ES256", headers=head),
        unsigned,
        jwt.encode({**good, "iss": "https://example.com"}, key, algorithm="ES256", headers=head),
        jwt.encode({**good, "aud": "others"}, key, algorithm="ES256", headers=head),
        jwt.encode({**good, "sub": ""}, key, algorithm="ES256", headers=head),
    ]
