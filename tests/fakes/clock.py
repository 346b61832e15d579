"""Time that only passes when somebody looks: a millisecond a look, so that no two moments are equal."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        self._now += timedelta(milliseconds=1)
        return self._now

    def advance(self, elapsed: timedelta) -> None:
        self._now += elapsed
