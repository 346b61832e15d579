"""Passwords as RDS takes them: our tokens are those of botocore."""

from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from chaingraph.aws.database_passwords import RoleTokens, StoredPassword
from chaingraph.aws.signing import Keys
from chaingraph.errors import Unavailable
from tests.unit.aws.endpoints import NOW, Reply, client_of, endpoint

pytestmark = pytest.mark.anyio

ADDRESS = "postgresql://flow%5Fservice@db.example.org:6432/chaingraph?sslmode=verify-full"
SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-1"


class Temporary:
    async def keys(self) -> Keys:
        return Keys(access_key="AKID", secret_key="secret", token="session/token+1=")


async def test_a_token_is_signed_as_botocore_signs_it() -> None:
    token = await RoleTokens(ADDRESS, region="eu-west-1", credentials=Temporary(), now=lambda: NOW).password()

    unsigned, _, signature = token.rpartition("&X-Amz-Signature=")
    assert signature == botocore_signature(f"https://{unsigned}")


async def test_a_token_is_for_one_role_on_one_server_and_for_a_quarter_of_an_hour() -> None:
    tokens = RoleTokens(ADDRESS, region="eu-west-1", credentials=Temporary(), now=lambda: NOW)
    token = await tokens.password()

    query = parse_qs(urlsplit(f"https://{token}").query)
    assert token.startswith("db.example.org:6432/?")
    assert query["DBUser"] == ["flow_service"]
    assert query["Action"] == ["connect"]
    assert query["X-Amz-Expires"] == ["900"]


async def test_the_stored_password_is_read_from_the_secret() -> None:
    secret = orjson.dumps({"SecretString": '{"username":"postgres","password":"opens"}'})
    async with (
        endpoint(Reply(200, secret)) as serving,
        client_of(serving.port, path="", service="x") as client,
    ):
        password = await StoredPassword(client, SECRET_ARN).password()

    assert password == "opens"
    assert orjson.loads(serving.received[0].body) == {"SecretId": SECRET_ARN}
    assert serving.received[0].headers["x-amz-target"] == "secretsmanager.GetSecretValue"


async def test_without_its_secret_the_database_is_not_available() -> None:
    async with endpoint(Reply(400)) as serving, client_of(serving.port, path="", service="x") as client:
        with pytest.raises(Unavailable):
            await StoredPassword(client, SECRET_ARN).password()


def botocore_signature(url: str) -> str:
    request = cast("Any", AWSRequest)("GET", url, data=b"", headers={"host": "db.example.org:6432"})
    request.context["timestamp"] = NOW.strftime("%Y%m%dT%H%M%SZ")
    signer = cast("Any", SigV4QueryAuth)(
        ReadOnlyCredentials("AKID", "secret", "session/token+1="), "rds-db", "eu-west-1"
    )
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return signer.signature(text, request)
