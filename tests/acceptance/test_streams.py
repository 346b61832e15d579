"""Streams. Ours: a producer that fails with its stream open ends its readers, too; they do not hang."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.graph.ports import read_root_port
from chaingraph.graph.streams import Stream, is_stream
from chaingraph.graph.values import run_value, stored_form
from tests.acceptance.running import run
from tests.acceptance.sketches import flow

COUNTED = list(range(100))


def test_a_stream_holds_everything_that_was_sent_in_its_order() -> None:
    assert run(flow({"s": "Counts"})).value("s", "out") == COUNTED


def test_a_merger_that_reads_two_streams_at_once_gets_all_of_both_in_turns() -> None:
    seen = run(
        flow(
            {"even": ("Counts", {"step": 2}), "odd": ("Counts", {"start": 1, "step": 2}), "m": "Merges"},
            "even.out -> m.first",
            "odd.out -> m.second",
        )
    )

    merged = seen.value("m", "merged")
    assert sorted(merged) == COUNTED
    assert [each for each in merged if each % 2 == 0] == COUNTED[::2]
    assert any(one % 2 != other % 2 for one, other in pairwise(merged[:10]))
    assert seen.place("node:started", "m") < seen.place("node:completed", "even")


def test_the_flow_completes_only_after_its_producer_has() -> None:
    seen = run(flow({"s": "Counts", "quick": "Sum"}))

    assert seen.of("s")[-2:] == ["node:status-changed", "node:completed"]
    assert seen.trace[-1] == ("flow:completed", None)


def test_a_reader_of_the_stream_starts_early_and_a_reader_of_another_output_waits() -> None:
    closed: dict[str, object] = {"type": "stream", "buffer": [], "isClosed": True}
    seen = run(
        flow(
            {"s": "Counts", "m": ("Merges", {"second": closed}), "after": "Sum"},
            "s.out -> m.first",
            "s.sent -> after.A",
        )
    )

    ended = seen.place("node:completed", "s")
    assert seen.place("node:started", "m") < ended < seen.place("node:started", "after")
    assert seen.value("after", "output") == 100


def test_a_producer_that_fails_with_its_stream_open_ends_its_reader_with_its_error() -> None:
    seen = run(flow({"s": "Abandons", "b": "StreamBufferNode"}, "s.out -> b.inputStream"))

    failed = {failed["nodeId"]: failed["error"]["message"] for failed in seen.payloads("node:failed")}
    assert failed == {"s": "out of paper", "b": "out of paper"}
    assert seen.value("b", "buffer") == "a"
    assert seen.trace[-1] == ("flow:completed", None)


@given(st.lists(st.integers()), st.lists(st.integers()))
def test_a_late_reader_gets_everything_from_the_beginning(before: list[int], after: list[int]) -> None:
    assert asyncio.run(_read_late(before, after)) == [*before, *after]


async def _read_late(before: list[int], after: list[int]) -> list[object]:
    stream = Stream(before)
    reading = asyncio.ensure_future(_all_of(stream))
    await asyncio.sleep(0)
    for each in after:
        stream.send(each)
    stream.close()
    assert await _all_of(stream) == [*before, *after]
    return await reading


async def _all_of(stream: Stream) -> list[object]:
    return [element async for element in stream.read()]


@pytest.mark.parametrize("closed", [True, False])
@given(st.lists(st.text(max_size=3)))
def test_a_stored_stream_keeps_its_elements_and_whether_it_is_closed(
    closed: bool,  # noqa: FBT001 - a value of the test
    texts: list[str],
) -> None:
    config: dict[str, Any] = {"key": "p", "direction": "output", "type": "stream"}
    port = read_root_port({**config, "itemConfig": {"type": "string"}}, "", [])
    assert port is not None

    again = run_value(port, stored_form(port, Stream(texts, closed=closed)))

    assert is_stream(again)
    assert again.is_closed is closed
    again.close()
    assert asyncio.run(_all_of(again)) == texts
