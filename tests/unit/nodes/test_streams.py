"""Readers of streams."""

import asyncio

import pytest

from chaingraph.graph.streams import Stream, StreamFailed
from chaingraph.ids import PortId
from chaingraph.nodes.streams import OnStreamStarted, StreamBufferNode, WaitForStream
from tests.node_bodies import FakeScope, ran


def failed_stream(*elements: object) -> Stream:
    stream = Stream(elements)
    stream.fail("out of paper")
    return stream


class NeverWakes(FakeScope):
    async def sleep(self, seconds: float) -> float:
        await asyncio.Event().wait()
        return seconds


@pytest.mark.anyio
async def test_a_buffer_reads_along_until_the_end() -> None:
    stream = Stream(["a"])
    values: dict[PortId, object] = {PortId("inputStream"): stream, PortId("separator"): "-"}
    reading = asyncio.ensure_future(StreamBufferNode(values).run(FakeScope()))

    await asyncio.sleep(0)
    stream.send("b")
    stream.send(3)
    stream.close()
    await reading

    assert values[PortId("buffer")] == "a-b-3"


@pytest.mark.anyio
async def test_a_buffer_fails_with_its_stream_and_keeps_what_came() -> None:
    values: dict[PortId, object] = {PortId("inputStream"): failed_stream("a", "b")}

    with pytest.raises(StreamFailed, match="out of paper"):
        await StreamBufferNode(values).run(FakeScope())

    assert values[PortId("buffer")] == "ab"


def test_a_stream_has_started_with_its_first_element() -> None:
    assert ran("OnStreamStarted", inputStream=Stream([0]))["isStreamStarted"] is True
    assert ran("OnStreamStarted", inputStream=Stream(closed=True))["isStreamStarted"] is False
    assert ran("OnStreamStarted", inputStream=failed_stream(1))["isStreamStarted"] is True


@pytest.mark.anyio
async def test_a_first_element_may_come_late() -> None:
    stream = Stream()
    values: dict[PortId, object] = {PortId("inputStream"): stream}
    waiting = asyncio.ensure_future(OnStreamStarted(values).run(FakeScope()))

    await asyncio.sleep(0)
    stream.send(None)
    await waiting

    assert values[PortId("isStreamStarted")] is True


@pytest.mark.anyio
async def test_a_stream_that_fails_before_its_first_element_fails_its_reader() -> None:
    with pytest.raises(StreamFailed):
        await OnStreamStarted({PortId("inputStream"): failed_stream()}).run(FakeScope())


def test_a_wait_ends_with_the_first_element_or_the_time() -> None:
    scope = FakeScope()

    assert ran("WaitForStream", NeverWakes(), triggerStream=Stream([1]))["triggered"] is True
    assert ran("WaitForStream", NeverWakes(), triggerStream=Stream(closed=True))["triggered"] is False
    assert ran("WaitForStream", scope, triggerStream=Stream(), timeout=250)["triggered"] is False
    assert scope.slept == [0.25]


@pytest.mark.anyio
async def test_a_cancelled_wait_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    waiting = asyncio.ensure_future(WaitForStream({PortId("triggerStream"): Stream()}).run(NeverWakes()))
    await asyncio.sleep(0)

    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert waiting.cancelled()
    assert asyncio.all_tasks() == before
