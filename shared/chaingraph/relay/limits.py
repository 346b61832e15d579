"""How much the relay takes of memory, of the platform's rates and of the time of others."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`message_bytes`: what a message aims at; `inline_bytes`: up to this an event goes into it as it is.

    `feed_bytes`: recent events kept of one log; `memory_bytes`: of all logs together. `poll_seconds`: how
    long a lost wake-up about events or new rows goes unnoticed; `look_seconds`: one about a client that has
    left. `leave_seconds`: how long what is under way at a planned end may take.
    """

    message_bytes: int = 32_768
    inline_bytes: int = 120_000
    feed_bytes: int = 4 * 1024 * 1024
    memory_bytes: int = 256 * 1024 * 1024
    posts_per_second: float = 2_000
    posts_at_once: int = 256
    closes_per_second: float = 400
    poll_seconds: float = 1.0
    look_seconds: float = 60.0
    leave_seconds: float = 8.0
