"""The time of the event loop, as instants."""

import asyncio
from datetime import UTC, datetime, timedelta

from tests.fakes.clock import FakeClock

STARTS_AT = datetime(2026, 1, 1, tzinfo=UTC)


class VirtualClock(FakeClock):
    def now(self) -> datetime:
        return STARTS_AT + timedelta(seconds=asyncio.get_running_loop().time())


def now_ms() -> int:
    return int(VirtualClock().now().timestamp() * 1000)
