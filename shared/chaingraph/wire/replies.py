"""What a client gets back: tRPC 11 messages, joined from JSON that is already encoded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from chaingraph.errors import (
    ChaingraphError,
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    Rejected,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    WrongStatus,
)
from chaingraph.ids import RequestId

PONG: Final = b"PONG"
RECONNECT: Final = b'{"id":null,"method":"reconnect"}'

# A reply must fit into one message, whatever a client made us complain of.
MAX_PROBLEMS: Final = 100
MAX_TEXT: Final = 600
MAX_MESSAGE_TEXT: Final = 4000

_UNEXPECTED: Final = "Something went wrong here; the request may be repeated"


@dataclass(frozen=True, slots=True)
class Code:
    """A way to fail, as tRPC names it."""

    name: str
    number: int
    http_status: int


PARSE_ERROR: Final = Code("PARSE_ERROR", -32700, 400)
BAD_REQUEST: Final = Code("BAD_REQUEST", -32600, 400)
INTERNAL_SERVER_ERROR: Final = Code("INTERNAL_SERVER_ERROR", -32603, 500)

_CODES: Final[Mapping[type[ChaingraphError], Code]] = {
    Rejected: BAD_REQUEST,
    Unauthorized: Code("UNAUTHORIZED", -32001, 401),
    Forbidden: Code("FORBIDDEN", -32003, 403),
    NotFound: Code("NOT_FOUND", -32004, 404),
    Conflict: Code("CONFLICT", -32009, 409),
    TooLarge: Code("PAYLOAD_TOO_LARGE", -32013, 413),
    TooManyRequests: Code("TOO_MANY_REQUESTS", -32029, 429),
    Unavailable: INTERNAL_SERVER_ERROR,
}


def code_of(error: BaseException) -> Code:
    """What was not raised on purpose is an internal error."""
    for kind, code in _CODES.items():
        if isinstance(error, kind):
            return code
    return INTERNAL_SERVER_ERROR


def http_status(error: BaseException) -> int:
    """Over HTTP a wrong status is told from a wrong request, and an outage from a fault."""
    match error:
        case WrongStatus():
            return 409
        case Unavailable():
            return 503
        case _:
            return code_of(error).http_status


def message_for_caller(error: BaseException) -> str:
    """The text of an unexpected error may hold what is no caller's business."""
    return error.message if isinstance(error, ChaingraphError) else _UNEXPECTED


def data_reply(request_id: RequestId, envelope: bytes) -> bytes:
    """`envelope` is the answer in SuperJSON, encoded."""
    return b'{"id":%b,"result":{"type":"data","data":%b}}' % (request_id.encode(), envelope)


def started(request_id: RequestId) -> bytes:
    return b'{"id":%b,"result":{"type":"started"}}' % request_id.encode()


def stopped(request_id: RequestId) -> bytes:
    return b'{"id":%b,"result":{"type":"stopped"}}' % request_id.encode()


def error_reply(request_id: RequestId | None, error: BaseException, path: str | None = None) -> bytes:
    return failure_reply(
        request_id,
        code_of(error),
        message_for_caller(error),
        path=path,
        problems=error.problems if isinstance(error, Rejected) else (),
    )


def failure_reply(
    request_id: RequestId | None,
    code: Code,
    message: str,
    *,
    path: str | None = None,
    problems: Iterable[Problem] = (),
) -> bytes:
    details: dict[str, object] = {"code": code.name, "httpStatus": code.http_status}
    if path is not None:
        details["path"] = path
    details["zodError"] = _by_field(tuple(problems))
    shape = orjson.dumps({"message": message[:MAX_MESSAGE_TEXT], "code": code.number, "data": details})
    return b'{"id":%b,"error":{"json":%b}}' % ((request_id or "null").encode(), shape)


def _by_field(problems: tuple[Problem, ...]) -> dict[str, object] | None:
    """As zod flattens its issues: by the first key of the path; what has no path concerns the whole form."""
    if not problems:
        return None
    fields: dict[str, list[str]] = {}
    for problem in problems[:MAX_PROBLEMS]:
        if problem.path:
            fields.setdefault(_first_key(problem.path), []).append(problem.message[:MAX_TEXT])
    form = [problem.message[:MAX_TEXT] for problem in problems[:MAX_PROBLEMS] if not problem.path]
    return {"formErrors": form, "fieldErrors": fields}


def _first_key(path: str) -> str:
    first = path.partition(".")[0].partition("[")[0]
    return (first or path)[:MAX_TEXT]
