"""Passwords for PostgreSQL on RDS.

A role signs in with a token: a signed address, made here without a call, which the server takes as a password
for 15 minutes. The administrator's password is kept, and changed at times, by RDS in Secrets Manager.
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote, urlsplit

import orjson

from chaingraph.aws.credentials import Credentials
from chaingraph.aws.signed_client import SignedClient
from chaingraph.aws.signing import Signer
from chaingraph.errors import Unavailable

VALID_SECONDS: Final = "900"
POSTGRES_PORT: Final = 5432
TARGET: Final = "secretsmanager.GetSecretValue"


class RoleTokens:
    """A token for each session: an open session outlives the token that opened it."""

    def __init__(
        self, database_url: str, *, region: str, credentials: Credentials, now: Callable[[], datetime]
    ) -> None:
        parts = urlsplit(database_url)
        self._host = f"{parts.hostname}:{parts.port or POSTGRES_PORT}"
        self._user = unquote(parts.username or "")
        self._signer = Signer(service="rds-db", region=region)
        self._credentials = credentials
        self._now = now

    async def password(self) -> str:
        keys = await self._credentials.keys()
        parameters = {"Action": "connect", "DBUser": self._user, "X-Amz-Expires": VALID_SECONDS}
        return f"{self._host}/?{self._signer.presign(self._host, parameters, keys, self._now())}"


class StoredPassword:
    """Of the secret that RDS manages: an object with `username` and `password`."""

    def __init__(self, client: SignedClient, secret_arn: str) -> None:
        self._client = client
        self._secret_arn = secret_arn

    async def password(self) -> str:
        """Raises Unavailable."""
        body = orjson.dumps({"SecretId": self._secret_arn})
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": TARGET}
        answer = await self._client.request("POST", "/", body, headers)
        if answer.status != HTTPStatus.OK:
            raise Unavailable(f"the password of the database cannot be read: {answer.status}")
        return str(orjson.loads(orjson.loads(answer.body)["SecretString"])["password"])


def stored_password(
    secret_arn: str, *, credentials: Credentials, now: Callable[[], datetime]
) -> StoredPassword:
    region = secret_arn.split(":")[3]
    signer = Signer(service="secretsmanager", region=region)
    endpoint = f"https://secretsmanager.{region}.amazonaws.com"
    return StoredPassword(SignedClient(endpoint, signer=signer, credentials=credentials, now=now), secret_arn)
