"""Where secrets are kept: in the environment, in a file, in Secrets Manager."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from chaingraph.aws.environment_credentials import EnvironmentCredentials
from chaingraph.aws.secrets_manager import SecretsManager, secrets_manager
from chaingraph.errors import NotFound, Rejected, Unavailable
from chaingraph.outbound.secret_vaults import EnvironmentSecrets, FileSecrets, FirstOf
from tests.web_server import Answer, Asked, WebServer, answered, web_server

pytestmark = pytest.mark.anyio

KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}


async def test_a_variable_holds_a_text_or_fields() -> None:
    vault = EnvironmentSecrets(
        {"CHAINGRAPH_SECRET_MY_KEY": "abc", "CHAINGRAPH_SECRET_TWO": '{"apiKey": "x"}'}
    )

    assert await vault.read("my-key", "ann") == {"value": "abc"}
    assert await vault.read("MY_KEY", "ann") == {"value": "abc"}
    assert await vault.read("two", "ann") == {"apiKey": "x"}
    with pytest.raises(NotFound):
        await vault.read("three", "ann")


async def test_a_file_holds_texts_and_fields(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text('{"my-key": "abc", "two": {"apiKey": "x", "n": 1}}')
    vault = FileSecrets(path)

    assert await vault.read("my-key", "ann") == {"value": "abc"}
    assert await vault.read("two", "ann") == {"apiKey": "x"}
    with pytest.raises(NotFound):
        await vault.read("three", "ann")


async def test_a_file_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await FileSecrets(tmp_path / "none.json").read("x", "ann")


async def test_a_file_that_is_not_json_is_refused_without_its_content(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text("hunter2")

    with pytest.raises(Rejected) as refusal:
        await FileSecrets(path).read("x", "ann")

    assert "hunter2" not in str(refusal.value)


async def test_the_first_vault_that_knows_the_name_is_asked() -> None:
    one, other = (
        EnvironmentSecrets({"CHAINGRAPH_SECRET_A": "1"}),
        EnvironmentSecrets({"CHAINGRAPH_SECRET_A": "2", "CHAINGRAPH_SECRET_B": "3"}),
    )
    vault = FirstOf([one, other])

    assert await vault.read("a", "ann") == {"value": "1"}
    assert await vault.read("b", "ann") == {"value": "3"}
    with pytest.raises(NotFound, match="'c'"):
        await vault.read("c", "ann")


# ---------------------------------------------------------------- Secrets Manager


def keeping(kept: Mapping[str, str]) -> Answer:
    """Answers as Secrets Manager does."""

    def answer(asked: Asked) -> bytes:
        name: Any = orjson.loads(asked.body)["SecretId"]
        if name in kept:
            found: Any = answered(orjson.dumps({"Name": name, "SecretString": kept[name]}))(asked)
        else:
            absent = b'{"__type": "ResourceNotFoundException", "Message": "no"}'
            found = answered(absent, 400)(asked)
        return found

    return answer


def opened(server: WebServer) -> SecretsManager:
    return secrets_manager(
        "app/",
        region="eu-central-1",
        endpoint=server.url,
        credentials=EnvironmentCredentials(KEYS),
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
    )


async def test_a_users_own_secret_comes_before_the_shared_one() -> None:
    kept = {"app/users/ann/key": "mine", "app/shared/key": '{"apiKey": "ours"}'}

    async with web_server({"/": keeping(kept)}) as server:
        vault = opened(server)
        assert await vault.read("key", "ann") == {"value": "mine"}
        assert await vault.read("key", "bob") == {"apiKey": "ours"}
        await vault.close()

    first = server.asked[0].headers
    assert first["x-amz-target"] == "secretsmanager.GetSecretValue"
    assert "/eu-central-1/secretsmanager/aws4_request" in first["authorization"]


async def test_a_secret_of_somebody_else_is_not_found() -> None:
    async with web_server({"/": keeping({"app/users/ann/key": "mine"})}) as server:
        vault = opened(server)
        for owner in ("bob", "shared", "ann/key", "", "+61nn"):
            with pytest.raises(NotFound):
                await vault.read("key", owner)
        await vault.close()


async def test_an_owner_of_any_letters_has_a_place_of_their_own() -> None:
    async with web_server({"/": keeping({"app/users/auth0+7C+C3+BC/key": "mine"})}) as server:
        vault = opened(server)
        assert await vault.read("key", "auth0|ü") == {"value": "mine"}
        await vault.close()


@pytest.mark.parametrize("name", ["", "../x", "a/b", "users/ann/key", "a b", "x" * 129])
async def test_a_name_does_not_lead_elsewhere(name: str) -> None:
    async with web_server({"/": keeping({})}) as server:
        vault = opened(server)
        with pytest.raises(Rejected, match="name of a secret"):
            await vault.read(name, "ann")
        await vault.close()

    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, b'{"__type": "com.amazonaws#AccessDeniedException"}'), (500, b"<html>"), (503, b"{}")],
)
async def test_a_vault_that_does_not_open_is_not_available(status: int, body: bytes) -> None:
    async with web_server({"/": answered(body, status)}) as server:
        vault = opened(server)
        with pytest.raises(Unavailable, match="Secrets Manager"):
            await vault.read("key", "ann")
        await vault.close()
