"""What a system answers when it refuses, as the error it means."""

from collections.abc import Iterable, Mapping
from typing import Final

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
)

ERRORS: Final[Mapping[str, type[ChaingraphError]]] = {
    "CONFLICT": Conflict,
    "FORBIDDEN": Forbidden,
    "INTERNAL_SERVER_ERROR": Unavailable,
    "NOT_FOUND": NotFound,
    "PAYLOAD_TOO_LARGE": TooLarge,
    "TOO_MANY_REQUESTS": TooManyRequests,
    "UNAUTHORIZED": Unauthorized,
}


def refusal(code: str, message: str, problems: Iterable[Problem] = ()) -> ChaingraphError:
    """Every other code says that the request is wrong."""
    return ERRORS.get(code, Rejected)(message, problems)
