"""The query parameters of the HTTP API, checked."""

from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from chaingraph.execution.events import EventType
from chaingraph.execution.status import Status
from chaingraph.subscriptions import Snapshot

MAX_INDEX: Final = 2**31 - 1


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NoQuery(_Query):
    pass


class PageQuery(_Query):
    """`before`: the `next` of the page before."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    before: str | None = None


class ExecutionsQuery(PageQuery):
    status: Status | None = None


class VersionQuery(_Query):
    """`version`: the one that was read; an older one is refused."""

    version: Annotated[int, Field(ge=1, le=MAX_INDEX)]


def _split(text: object) -> object:
    return [part for part in text.split(",") if part] if isinstance(text, str) else text


class EventsQuery(_Query):
    """`after`: the index of the last event that is known already. `types`: names, joined by commas."""

    after: Annotated[int, Field(ge=-2, le=MAX_INDEX)] = -2
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    types: Annotated[tuple[EventType, ...], BeforeValidator(_split)] = ()
    snapshot: Snapshot = Snapshot.FULL
