"""Regular expressions that come from users: JavaScript's syntax, bounded in time."""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from regex import Pattern

# Long enough for any sensible expression, short enough for an event loop that others share.
TIMEOUT_SECONDS: Final = 0.25
MAX_PATTERN_LENGTH: Final = 2_000


class PatternTooSlow(Exception):
    """The expression needs more steps than any text is worth."""


def is_pattern(pattern: object) -> bool:
    return isinstance(pattern, str) and compiled(pattern) is not None


@lru_cache(maxsize=256)
def compiled(pattern: str) -> "Pattern[str] | None":
    """The expression, or None where it is none. Only texts that users gave a pattern for load the library."""
    import regex  # noqa: PLC0415

    if len(pattern) > MAX_PATTERN_LENGTH:
        return None
    try:
        return regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError):
        return None


def is_found(pattern: str, text: str) -> bool:
    """Whether the expression matches somewhere in the text; raises `PatternTooSlow`."""
    expression = compiled(pattern)
    if expression is None:
        return True
    try:
        return expression.search(text, timeout=TIMEOUT_SECONDS) is not None
    except TimeoutError as error:
        raise PatternTooSlow(pattern) from error
