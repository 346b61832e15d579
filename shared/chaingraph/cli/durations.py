"""Milliseconds for people."""

from typing import Final

SECOND_MS: Final = 1000
MINUTE_MS: Final = 60_000


def duration(milliseconds: int) -> str:
    if milliseconds < SECOND_MS:
        return f"{milliseconds} ms"
    if milliseconds < MINUTE_MS:
        return f"{milliseconds / SECOND_MS:.1f} s"
    minutes, rest = divmod(milliseconds, MINUTE_MS)
    return f"{minutes} min {rest // SECOND_MS:02} s"
