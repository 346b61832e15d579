"""Which AWS actions the adapters need, found out by calling every method and looking at its requests."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote

from chaingraph.aws.bedrock import BedrockModels
from chaingraph.aws.connections import ConnectionPosts
from chaingraph.aws.database_passwords import RoleTokens, StoredPassword
from chaingraph.aws.secrets_manager import SecretsManager
from chaingraph.aws.signed_client import SignedClient
from chaingraph.aws.workflows import StepFunctions
from chaingraph.errors import ChaingraphError
from chaingraph.graph.facilities import ModelCall
from chaingraph.ids import ConnectionId, ExecutionId, TaskToken, WorkflowRun
from tests.unit.aws.endpoints import FixedCredentials, HangUp, Received, Reply, client_of, endpoint

Call = Callable[[SignedClient, str], Awaitable[object]]

EXECUTION: Final = ExecutionId("EX1")
RUN: Final = WorkflowRun(1)
CONNECTION: Final = ConnectionId("c1=")
MACHINE: Final = "arn:aws:states:eu-west-1:123456789012:stateMachine:flows"
SERVICES: Final = {"AWSStepFunctions": "states", "secretsmanager": "secretsmanager"}


def step_functions(client: SignedClient) -> StepFunctions:
    return StepFunctions(client, MACHINE)


CALLS: Final[Mapping[tuple[type, str], Call]] = {
    (StepFunctions, "start"): lambda client, _: step_functions(client).start(EXECUTION, RUN, 60),
    (StepFunctions, "complete"): lambda client, _: step_functions(client).complete(TaskToken("t"), {}),
    (StepFunctions, "stop"): lambda client, _: step_functions(client).stop(EXECUTION, RUN, "enough"),
    (ConnectionPosts, "post"): lambda client, _: ConnectionPosts(client).post(CONNECTION, b"{}"),
    (ConnectionPosts, "close"): lambda client, _: ConnectionPosts(client).close(CONNECTION),
    (StoredPassword, "password"): lambda client, _: StoredPassword(client, "arn").password(),
    (RoleTokens, "password"): lambda _, __: role_token(),
    (SecretsManager, "read"): lambda client, _: SecretsManager(client, "flows/").read("key", "alice"),
    (BedrockModels, "stream"): lambda _, address: all_parts(address),
}

# Not calls of a service.
OTHERS: Final = {(ConnectionPosts, "close_sessions"), (SecretsManager, "close")}


async def role_token() -> str:
    address = "postgresql://flows@db.example.org/x"
    return await RoleTokens(
        address,
        region="eu-west-1",
        credentials=FixedCredentials(),
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
    ).password()


async def all_parts(address: str) -> None:
    models = BedrockModels(
        address,
        region="eu-west-1",
        credentials=FixedCredentials(),
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
    )
    async for _ in models.stream(
        ModelCall(model="amazon.nova-lite-v1:0", messages=()), "amazon.nova-lite-v1:0", None
    ):
        pass


async def actions_of(method: tuple[type, str]) -> set[str]:
    """What a service was asked; how it ends does not matter. Bedrock's client is never closed: it is left."""
    reaction = HangUp() if method[0] is BedrockModels else Reply(200, b"{}")
    async with endpoint(*[reaction] * 10) as serving, client_of(serving.port, path="") as client:
        try:
            answer = await CALLS[method](client, f"http://127.0.0.1:{serving.port}")
        except (ChaingraphError, LookupError):
            answer = None
    asked = {action_of(received) for received in serving.received}
    return asked | ({"rds-db:connect"} if "Action=connect" in str(answer) else set())


def action_of(received: Received) -> str:
    method, path, _ = received.line.split(" ")
    target = received.headers.get("x-amz-target")
    if target is not None:
        service, _, name = target.rpartition(".")
        return f"{SERVICES[service]}:{name}"
    if "/@connections/" in unquote(path):
        return f"execute-api:ManageConnections {method}"
    if path.endswith("/converse-stream"):
        return "bedrock:InvokeModelWithResponseStream"
    raise AssertionError(f"no action is known for {received.line}")
