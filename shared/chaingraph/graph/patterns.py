"""Regular expressions that come from users: JavaScript's syntax, bounded in length and time."""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from chaingraph.errors import Rejected
from chaingraph.graph.pattern_syntax import translated

if TYPE_CHECKING:
    from regex import Pattern

# Long enough for any sensible expression, short enough for an event loop that others share.
TIMEOUT_SECONDS: Final = 0.25
MAX_PATTERN_LENGTH: Final = 2_000


def is_pattern(pattern: object) -> bool:
    if not isinstance(pattern, str):
        return False
    try:
        compiled(pattern)
    except Rejected:
        return False
    return True


@lru_cache(maxsize=256)
def compiled(pattern: str, flags: str = "") -> "Pattern[str]":
    """The expression under JavaScript's flags i, m and s; `Rejected` where it is none.

    It must be used with a timeout: an expression can need more steps than any text is worth.
    """
    import regex  # noqa: PLC0415 - few flows have a pattern; the others do not wait for the library

    if len(pattern) > MAX_PATTERN_LENGTH:
        raise Rejected(f"Invalid regular expression: longer than {MAX_PATTERN_LENGTH} characters")
    try:
        return regex.compile(translated(pattern, flags), regex.IGNORECASE if "i" in flags else 0)
    except (Rejected, regex.error, OverflowError, RecursionError) as error:
        raise Rejected(f"Invalid regular expression: /{pattern}/: {error}") from error


def is_found(pattern: str, text: str) -> bool:
    """Whether the expression matches somewhere in the text; `Rejected` where that takes too long."""
    try:
        return compiled(pattern).search(text, timeout=TIMEOUT_SECONDS) is not None
    except TimeoutError as error:
        raise too_slow(pattern) from error


def too_slow(pattern: str) -> Rejected:
    return Rejected(f"Regular expression /{pattern}/ takes too long")
