"""Streams: append-only lists with any number of readers, shared between a producer and its consumers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TypeGuard

from chaingraph.graph.texts import well_formed


class StreamClosed(Exception):
    """Something was sent to a stream that has ended."""


class Stream:
    """Every reader starts at position 0 and ends when the stream is closed and read to its end.

    A stream that was closed with an error raises it in its readers, after its last element. `on_send` is
    called after every element that is sent.
    """

    __slots__ = ("_changed", "buffer", "error", "is_closed", "on_send")

    def __init__(self, buffer: Iterable[object] = (), *, closed: bool = False) -> None:
        self.buffer: list[object] = list(buffer)
        self.is_closed = closed
        self.error: str | None = None
        self.on_send: Callable[[], None] | None = None
        self._changed: asyncio.Event | None = None

    def send(self, element: object) -> None:
        if self.is_closed:
            raise StreamClosed("the stream is closed: nothing more can be sent")
        self.buffer.append(element)
        self._wake()
        if self.on_send is not None:
            self.on_send()

    def close(self) -> None:
        self.is_closed = True
        self._wake()

    def fail(self, error: str) -> None:
        """Close with an error."""
        if not self.is_closed:
            self.error = well_formed(str(error))
            self.close()

    async def read(self) -> AsyncIterator[object]:
        """Give every element from the first one on; raise `StreamFailed` at the end of a failed stream."""
        position = 0
        while True:
            while position < len(self.buffer):
                yield self.buffer[position]
                position += 1
            if self.is_closed:
                break
            await self._change()
        if self.error is not None:
            raise StreamFailed(self.error)

    async def has_started(self) -> bool:
        """Wait for the first element; False if the stream ends without one."""
        while not self.buffer and not self.is_closed:
            await self._change()
        if not self.buffer and self.error is not None:
            raise StreamFailed(self.error)
        return bool(self.buffer)

    async def _change(self) -> None:
        if self._changed is None:
            self._changed = asyncio.Event()
        await self._changed.wait()

    def _wake(self) -> None:
        if self._changed is not None:
            self._changed.set()
            self._changed = None


class StreamFailed(Exception):
    """The producer of a stream failed; the text is the producer's error."""


def is_stream(value: object) -> TypeGuard[Stream]:
    return isinstance(value, Stream)
