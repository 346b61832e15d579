"""CloudFormation's custom resource: it asks with an event, and reads the answer at an address of its own."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict

from chaingraph.errors import ChaingraphError, Unavailable

RESOURCE: Final = "migrations"
# The way out of a new network, and the role's first grants, take their time.
RETRY_SECONDS: Final = 10.0
# What is left of the function's time for the answer itself.
ANSWER_MS: Final = 60_000

Migrate = Callable[[], Awaitable[list[str]]]
Put = Callable[[str, bytes], Awaitable[None]]


class Request(BaseModel):
    """Of a deployment; with more fields than are read here."""

    model_config = ConfigDict(
        alias_generator=lambda name: "".join(word.capitalize() for word in name.split("_")),
        extra="ignore",
        frozen=True,
    )

    request_type: Literal["Create", "Update", "Delete"]
    request_id: str
    stack_id: str
    logical_resource_id: str


@dataclass(frozen=True, slots=True)
class Outside:
    """`remaining_ms`: until the function is killed."""

    migrate: Migrate
    put: Put
    sleep: Callable[[float], Awaitable[None]]
    remaining_ms: Callable[[], int]


async def serve(payload: Mapping[str, object], outside: Outside) -> dict[str, object]:
    """A stack that is deleted leaves the database as it is."""
    request = Request.model_validate(payload)
    applied = [] if request.request_type == "Delete" else await _migrated(outside)
    await outside.put(str(payload["ResponseURL"]), _answer(request, {"Status": "SUCCESS"}))
    return {"applied": applied}


def failure(payload: Mapping[str, object], error: Exception) -> bytes:
    """Without any answer, a deployment waits until its time is up."""
    reason = error.message if isinstance(error, ChaingraphError) else f"{type(error).__name__}: see the log"
    return _answer(Request.model_validate(payload), {"Status": "FAILED", "Reason": reason})


async def _migrated(outside: Outside) -> list[str]:
    while True:
        try:
            return await outside.migrate()
        except Unavailable:
            if outside.remaining_ms() < ANSWER_MS:
                raise
        await outside.sleep(RETRY_SECONDS)


def _answer(request: Request, outcome: Mapping[str, str]) -> bytes:
    return orjson.dumps(
        {
            **outcome,
            "PhysicalResourceId": RESOURCE,
            "RequestId": request.request_id,
            "StackId": request.stack_id,
            "LogicalResourceId": request.logical_resource_id,
        }
    )
