import asyncio
from collections.abc import AsyncGenerator

from chaingraph.interfaces import Reconnected, WakeUp
from tests.fakes.world import World


class FakeWakeUps:
    def __init__(self, world: World) -> None:
        self._world = world

    async def listen(self) -> AsyncGenerator[WakeUp]:
        heard: asyncio.Queue[WakeUp] = asyncio.Queue()
        self._world.listeners.append(heard)
        try:
            yield Reconnected()
            while True:
                yield await heard.get()
        finally:
            self._world.listeners.remove(heard)

    def interrupt(self) -> None:
        """What was sent and not heard yet is lost."""
        for heard in self._world.listeners:
            while not heard.empty():
                heard.get_nowait()
            heard.put_nowait(Reconnected())
