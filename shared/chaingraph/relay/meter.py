"""What the relay has done since it was last asked."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chaingraph.interfaces import PostOutcome


@dataclass(frozen=True, slots=True)
class Measured:
    """`lags_ms`: of each message with events that came while its subscription was served."""

    posts: Mapping[PostOutcome, int]
    lags_ms: Sequence[int]


class Meter:
    """Belongs to the program, not to the relay that is active in it. `now_ms`: by the clock of the events."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.now_ms = now_ms
        self.posts: Counter[PostOutcome] = Counter()
        self._told: Counter[PostOutcome] = Counter()
        self._lags_ms: list[int] = []

    def posted(self, outcome: PostOutcome) -> None:
        self.posts[outcome] += 1

    def delivered(self, at_ms: int, *, asked_ms: int) -> None:
        """`at_ms`: of a message's oldest event; `asked_ms`: how long it waited because it was asked to."""
        self._lags_ms.append(max(0, self.now_ms() - at_ms - asked_ms))

    def take(self) -> Measured:
        """From here on everything is counted anew."""
        posts, self._told = self.posts - self._told, self.posts.copy()
        lags_ms, self._lags_ms = self._lags_ms, []
        return Measured(posts, lags_ms)
