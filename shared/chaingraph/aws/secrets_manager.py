"""Secrets of flows in AWS Secrets Manager.

A name stands for `{prefix}users/{owner}/{name}`, and where there is none, for `{prefix}shared/{name}`: what
belongs to one user is out of the others' reach.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final

import orjson

from chaingraph.aws.answers import Answer
from chaingraph.aws.credentials import Credentials
from chaingraph.aws.signed_client import SignedClient
from chaingraph.aws.signing import Signer
from chaingraph.errors import NotFound, Rejected, Unavailable
from chaingraph.graph.json_types import JsonObject, is_object
from chaingraph.graph.secrets import fields_of

TARGET: Final = "secretsmanager.GetSecretValue"

_NAME: Final = re.compile(r"[A-Za-z0-9_+=.@-]{1,128}")
_ABSENT: Final = frozenset({"ResourceNotFoundException", "InvalidRequestException"})


class SecretsManager:
    """Implements `SecretVault`. Keeps nothing: a secret that was changed is seen at once."""

    def __init__(self, client: SignedClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    async def read(self, name: str, owner_id: str) -> Mapping[str, str]:
        if not _NAME.fullmatch(name):
            raise Rejected(f"{name!r} cannot be the name of a secret: letters, digits and _+=.@- only")
        for place in (f"users/{_plain(owner_id)}", "shared"):
            found = await self._value(f"{self._prefix}{place}/{name}")
            if found is not None:
                return fields_of(found)
        raise NotFound(f"there is no secret {name!r}")

    async def close(self) -> None:
        await self._client.close()

    async def _value(self, secret_id: str) -> str | None:
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": TARGET}
        answer = await self._client.request("POST", "/", orjson.dumps({"SecretId": secret_id}), headers)
        content = _object(answer)
        if answer.status == HTTPStatus.OK:
            value = content.get("SecretString")
            return value if isinstance(value, str) else None
        reason = str(content.get("__type", answer.status)).rpartition("#")[2]
        if reason in _ABSENT:
            return None
        raise Unavailable(f"Secrets Manager: {reason}")


def secrets_manager(
    prefix: str, *, region: str, endpoint: str, credentials: Credentials, now: Callable[[], datetime]
) -> SecretsManager:
    """An empty endpoint is the region's own."""
    client = SignedClient(
        endpoint or f"https://secretsmanager.{region}.amazonaws.com",
        signer=Signer(service="secretsmanager", region=region),
        credentials=credentials,
        now=now,
    )
    return SecretsManager(client, prefix)


def _plain(owner_id: str) -> str:
    """The owner's id in the letters that names may have; no two owners are written the same."""
    return re.sub(
        r"[^A-Za-z0-9_=.@-]", lambda found: "".join(f"+{byte:02X}" for byte in found[0].encode()), owner_id
    )


def _object(answer: Answer) -> JsonObject:
    try:
        found: object = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return found if is_object(found) else {}
