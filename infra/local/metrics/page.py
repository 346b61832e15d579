"""The answer to a scrape."""

import asyncio
from pathlib import Path
from typing import Final

from infra.local.metrics.board import Board, Family, Reading, Shape
from infra.local.metrics.exposition import text_of
from infra.local.metrics.log_folder import LogFolder
from infra.local.metrics.readings import PREFIX, readings_in

PATH: Final = "/metrics"
CONNECTIONS: Final = Family(f"{PREFIX}connections", Shape.GAUGE, "WebSocket connections that are open")


class MetricsPage:
    def __init__(self, logs: Path) -> None:
        self._logs = LogFolder(logs)
        self._board = Board()
        self._reading = asyncio.Lock()

    async def text(self, connections: int) -> str:
        async with self._reading:
            for lines in self._logs.new_lines():
                for line in lines:
                    for reading in readings_in(line):
                        self._board.take(reading)
                await asyncio.sleep(0)
        self._board.take(Reading(CONNECTIONS, (), connections))
        return text_of(self._board)
