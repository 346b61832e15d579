"""Database sessions: how one is opened, and what our types look like in it.

Columns of type `json` are bytes on this side, both ways; instants are UTC. Every int travels as bigint: a
prepared statement would otherwise exist once for each width that its values happen to have.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import psycopg
from psycopg.adapt import AdaptersMap, Buffer, Dumper, Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.datetime import TimestamptzLoader
from psycopg.types.numeric import Int8Dumper

from chaingraph.errors import Unavailable

Password = Callable[[], Awaitable[str]]
"""Made anew for each session, where the URL holds none."""

# A peer that vanished is noticed within half a minute; the URL may say otherwise.
DEFAULTS: Final[Mapping[str, str]] = {
    "application_name": "chaingraph",
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}

JSON: Final = psycopg.adapters.types["json"]
TIMESTAMPTZ: Final = psycopg.adapters.types["timestamptz"]


class JsonDumper(Dumper):
    oid = JSON.oid

    def dump(self, obj: bytes) -> bytes:
        return obj


class JsonLoader(Loader):
    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class UtcLoader(TimestamptzLoader):
    def load(self, data: Buffer) -> datetime:
        return super().load(data).astimezone(UTC)


def _adapters() -> AdaptersMap:
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_dumper(bytes, JsonDumper)
    adapters.register_dumper(int, Int8Dumper)
    adapters.register_loader(JSON.oid, JsonLoader)
    adapters.register_loader(TIMESTAMPTZ.oid, UtcLoader)
    return adapters


class _Types:
    """What psycopg takes adapters from when a session is opened."""

    adapters = _adapters()
    connection = None


async def open_session(
    url: str, prepare_threshold: int | None, password: Password | None = None
) -> psycopg.AsyncConnection:
    """Raises Unavailable. Whoever is cancelled meanwhile leaves no session open."""
    address = url if password is None else await with_password(url, password)
    opening = asyncio.ensure_future(_open(address, prepare_threshold))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_finish)
        raise
    except psycopg.OperationalError as error:
        raise Unavailable("the database does not answer") from error


async def _open(address: str, prepare_threshold: int | None) -> psycopg.AsyncConnection:
    return await psycopg.AsyncConnection.connect(
        _with_defaults(address),
        autocommit=True,
        prepare_threshold=prepare_threshold,
        context=_Types(),
    )


def _finish(opening: asyncio.Future[psycopg.AsyncConnection]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().pgconn.finish()


async def with_password(url: str, password: Password) -> str:
    return make_conninfo(url, password=await password())


def _with_defaults(url: str) -> str:
    given = conninfo_to_dict(url)
    return make_conninfo(url, **{name: value for name, value in DEFAULTS.items() if name not in given})


def storable(text: str) -> str:
    """PostgreSQL's text has no NUL; where a text only informs a person, it is replaced."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
