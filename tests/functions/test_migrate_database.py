"""What CloudFormation is told about the migrations."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
import pytest

from chaingraph.errors import Conflict, Unavailable
from functions.migrate_database.deployment import ANSWER_MS, Outside, failure, serve

pytestmark = pytest.mark.anyio

ADDRESS = "https://answers.example.org/here"


def asked(kind: str) -> Mapping[str, object]:
    return {
        "RequestType": kind,
        "ResponseURL": ADDRESS,
        "StackId": "arn:stack",
        "RequestId": "r1",
        "LogicalResourceId": "Migrations",
        "ResourceType": "Custom::Migrations",
        "ResourceProperties": {"Digest": "abc"},
    }


@dataclass(slots=True)
class Deployment:
    """A database that does not answer the first `silences` times; a clock that a sleep moves on."""

    silences: int = 0
    remaining_ms: int = 840_000
    asked: int = 0
    answers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    @property
    def outside(self) -> Outside:
        return Outside(self.migrate, self.put, self.sleep, lambda: self.remaining_ms)

    async def migrate(self) -> list[str]:
        self.asked += 1
        if self.asked <= self.silences:
            raise Unavailable("the database does not answer")
        return ["0001_flows.sql"]

    async def put(self, address: str, body: bytes) -> None:
        assert address == ADDRESS
        self.answers.append(orjson.loads(body))

    async def sleep(self, seconds: float) -> None:
        self.remaining_ms -= int(seconds * 1000)


@pytest.mark.parametrize("kind", ["Create", "Update"])
async def test_a_deployment_migrates_and_goes_on(kind: str) -> None:
    deployment = Deployment()

    assert await serve(asked(kind), deployment.outside) == {"applied": ["0001_flows.sql"]}
    assert deployment.answers == [
        {
            "Status": "SUCCESS",
            "PhysicalResourceId": "migrations",
            "RequestId": "r1",
            "StackId": "arn:stack",
            "LogicalResourceId": "Migrations",
        }
    ]


async def test_a_deleted_stack_leaves_the_database_alone() -> None:
    deployment = Deployment()
    await serve(asked("Delete"), deployment.outside)

    assert deployment.asked == 0
    assert deployment.answers[0]["Status"] == "SUCCESS"


async def test_a_database_that_is_not_there_yet_is_waited_for() -> None:
    deployment = Deployment(silences=20)
    await serve(asked("Create"), deployment.outside)

    assert deployment.asked == 21
    assert deployment.answers[0]["Status"] == "SUCCESS"


async def test_there_is_time_left_to_say_that_it_never_came() -> None:
    deployment = Deployment(silences=10_000)

    with pytest.raises(Unavailable):
        await serve(asked("Create"), deployment.outside)
    assert 0 < deployment.remaining_ms < ANSWER_MS


def test_a_failed_migration_fails_the_deployment_with_its_reason() -> None:
    answer = orjson.loads(
        failure(asked("Update"), Conflict("migration 0001 was applied with another content"))
    )

    assert (answer["Status"], answer["Reason"]) == (
        "FAILED",
        "migration 0001 was applied with another content",
    )


def test_a_fault_of_ours_is_named_without_what_it_says() -> None:
    answer = orjson.loads(failure(asked("Update"), ValueError("postgresql://postgres:hunter2@db")))

    assert answer["Reason"] == "ValueError: see the log"
