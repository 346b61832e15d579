"""How much an expression may be, take and make."""

from dataclasses import dataclass
from typing import Final

MAX_EXPRESSION_LENGTH: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionLimits:
    """`seconds`: for one evaluation, all elements of a list together. `memory_bytes`: of a worker.

    `max_bytes`: of the encoded input, and of the encoded result.
    """

    seconds: float = 5
    memory_bytes: int = 256 * 1024 * 1024
    max_bytes: int = 4 * 1024 * 1024
    processes: int = 2
    start_seconds: float = 30
