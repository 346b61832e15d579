"""Callbacks: what somebody outside sends to a node that waits for it.

Whoever knows the token may answer: it holds a secret of 128 bits that stands nowhere but in the node's result
and in what the node itself shows.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from chaingraph.errors import NotFound
from chaingraph.execution.results import ResultStatus
from chaingraph.execution.status import Status
from chaingraph.ids import CallbackName, ExecutionId, FlowHash, NodeId, PortId, Randomness

SECRET_BYTES: Final = 16
PATH: Final = "/v1/callbacks/"


@dataclass(frozen=True, slots=True)
class CallbackAddress:
    """Which callback of which node is meant."""

    execution_id: ExecutionId
    node_id: NodeId
    secret: str = field(repr=False)

    @property
    def token(self) -> str:
        return _text(orjson.dumps([self.execution_id, self.node_id, self.secret]))

    @property
    def name(self) -> CallbackName:
        """Tells the callbacks of an execution apart, and gives no secret away."""
        return CallbackName(hashlib.sha256(self.secret.encode()).hexdigest()[:32])

    def is_meant(self, secret: str) -> bool:
        """Takes as long for a secret that is nearly right as for one that is all wrong."""
        return hmac.compare_digest(self.secret.encode(), secret.encode())


def address_of(token: str) -> CallbackAddress:
    """Raises NotFound for what cannot be a token."""
    try:
        parts: object = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError):
        parts = None
    match parts:
        case [str(execution_id), str(node_id), str(secret)]:
            return CallbackAddress(ExecutionId(execution_id), NodeId(node_id), secret)
        case _:
            raise no_callback()


def no_callback() -> NotFound:
    """The same for every token that does not fit, whatever is wrong with it."""
    return NotFound("there is no such callback")


@dataclass(frozen=True, slots=True)
class CallbackUrls:
    """Makes secrets, and the URLs that hold them. `public_url`: of the HTTP API, for those outside."""

    public_url: str
    randomness: Randomness

    def new_secret(self) -> str:
        return _text(self.randomness(SECRET_BYTES))

    def url(self, address: CallbackAddress) -> str:
        return f"{self.public_url.rstrip('/')}{PATH}{address.token}"


@dataclass(frozen=True, slots=True)
class OpenCallback:
    """As it is kept in its node's result. `port`: what an answer must fit; `until_ms` None: it never expires.

    `is_shown`: the event that tells of it is in the log.
    """

    secret: str = field(repr=False)
    port: PortId
    until_ms: int | None
    is_shown: bool = False

    def stored(self) -> Mapping[str, object]:
        return {"secret": self.secret, "port": self.port, "until": self.until_ms, "shown": self.is_shown}


def open_callback(stored: Mapping[str, object]) -> OpenCallback:
    until = stored.get("until")
    return OpenCallback(
        secret=str(stored["secret"]),
        port=PortId(str(stored["port"])),
        until_ms=until if isinstance(until, int) else None,
        is_shown=stored.get("shown") is True,
    )


@dataclass(frozen=True, slots=True)
class Answered:
    """`payload`: the JSON value that was sent."""

    payload: object


@dataclass(frozen=True, slots=True)
class Expired:
    """Nobody has answered in time, and nobody can any more."""


Answer = Answered | Expired


@dataclass(frozen=True, slots=True)
class CallbackStanding:
    """What is known where an answer comes in: the execution, its pinned flow, and the node that waits.

    `answer`: what has come before.
    """

    status: Status
    flow_hash: FlowHash
    document: bytes
    node_status: ResultStatus
    detail: Mapping[str, object]
    answer: Answer | None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
