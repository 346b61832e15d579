"""What comes back from a request, or does not."""

from dataclasses import dataclass

from chaingraph.errors import Unavailable


class NotSent(Unavailable):
    """No connection came to be, so the request had no effect: it may be repeated."""


class NoAnswer(Unavailable):
    """The request was sent, or a part of it; whether it had an effect is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
