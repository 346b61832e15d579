"""One invocation, from the request to its answer."""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import orjson

from infra.local.worker_process import LENGTH
from infra.local.workers.failures import FunctionFailed, throttled, too_large

MAX_PAYLOAD_BYTES: Final = 6 * 1024 * 1024


@dataclass(slots=True, eq=False)
class Call:
    """`answer` may be cancelled by a caller that went away; the invocation goes on."""

    request_id: str
    frame: bytes
    answer: asyncio.Future[object]
    patience: asyncio.TimerHandle | None = None

    def wait_at_most(self, seconds: float) -> None:
        self.patience = asyncio.get_running_loop().call_later(seconds, self.fail, throttled())

    def leave_queue(self) -> None:
        if self.patience is not None:
            self.patience.cancel()

    def succeed(self, result: object) -> None:
        if not self.answer.done():
            self.answer.set_result(result)

    def fail(self, error: FunctionFailed) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


def new_call(payload: object) -> Call:
    encoded = orjson.dumps(payload)
    if len(encoded) > MAX_PAYLOAD_BYTES:
        raise too_large(len(encoded), MAX_PAYLOAD_BYTES)
    request_id = str(uuid4())
    body = orjson.dumps({"requestId": request_id, "payload": orjson.Fragment(encoded)})
    return Call(request_id, LENGTH.pack(len(body)) + body, asyncio.get_running_loop().create_future())
