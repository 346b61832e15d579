"""Readers of streams: they start as soon as the stream exists and read along."""

import asyncio

from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.kinds import any_value, boolean, number, stream, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.nodes.instants import wait_seconds
from chaingraph.nodes.script_values import as_text, finite

CATEGORY = "data"


class StreamBufferNode(NodeType, title="Stream Buffer", category=CATEGORY, pure=True):
    """Reads a stream to its end and joins its elements; fails if the stream ends with an error.

    What came before the error is kept.
    """

    input_stream = Input(stream(string()))
    separator = Input(string())
    buffer = Output(string())

    async def run(self, scope: Scope) -> None:
        parts: list[str] = []
        try:
            async for element in self.input_stream.read():
                parts.append(as_text(element))  # noqa: PERF401 - what was read is kept when the stream fails
        finally:
            self.buffer = as_text(self.separator).join(parts)


class OnStreamStarted(NodeType, title="On Stream Started", category=CATEGORY, pure=True):
    """Waits for the first element of a stream; false if the stream ends without one."""

    input_stream = Input(stream(any_value()))
    is_stream_started = Output(boolean())

    async def run(self, scope: Scope) -> None:
        self.is_stream_started = await self.input_stream.has_started()


class WaitForStream(NodeType, title="Wait For Stream", category="utilities", pure=True):
    """Waits for the first element of a stream, but not for ever. Without a stream it is a delay."""

    trigger_stream = Input(stream(any_value()))
    timeout = Input(number(default=5000, minimum=0), description="Milliseconds")
    triggered = Output(boolean())

    async def run(self, scope: Scope) -> None:
        seconds = wait_seconds(finite(self.timeout))
        started = asyncio.ensure_future(self.trigger_stream.has_started())
        timer = asyncio.ensure_future(scope.sleep(seconds))
        try:
            await asyncio.wait({started, timer}, return_when=asyncio.FIRST_COMPLETED)
            self.triggered = started.done() and started.result()
            if timer.done():
                timer.result()
        finally:
            started.cancel()
            timer.cancel()
            await asyncio.gather(started, timer, return_exceptions=True)


NODE_TYPES = (
    StreamBufferNode,
    OnStreamStarted,
    WaitForStream,
)
