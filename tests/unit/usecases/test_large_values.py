"""Values that are too large for the log: kept elsewhere, and there again when a run goes on."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from chaingraph.errors import NotFound
from chaingraph.execution.commands import CommandKind
from chaingraph.execution.status import Status
from chaingraph.graph.large_values import LargeValue, large_value_of, reference_form
from chaingraph.ids import NodeId
from chaingraph.usecases.large_values import INLINE_BYTES, RunsWithLargeValues
from tests.acceptance.sketches import flow
from tests.acceptance.slices import EXECUTION, Debugged, started
from tests.fakes.large_values import FakeLargeValues

pytestmark = pytest.mark.anyio

# With its quotes, as long as may be.
LONGEST = "x" * (INLINE_BYTES - 2)


async def held_behind(text: object) -> tuple[Debugged, FakeLargeValues]:
    """A text has come over an edge; the node behind it is held, so that another slice goes on."""
    document = flow(
        {"first": ("ObjectNode", {"object": {"text": text}}), "second": "ArrayNode", "third": "ArrayNode"},
        "first.object -> second.itemSchema",
        "second.itemSchema -> third.itemSchema",
    )
    values = FakeLargeValues()
    execution = await started(document, breakpoints=["third"])
    wrapped = replace(execution, runs=RunsWithLargeValues(execution.runs, values))
    assert await wrapped.settled() is Status.PAUSED
    return wrapped, values


def stored_value(execution: Debugged, node_id: str) -> Any:
    detail = execution.store.world.records[EXECUTION].results[NodeId(node_id)].detail
    return orjson.loads(detail)["values"]["itemSchema"]


async def test_a_large_value_is_a_reference_in_the_log_and_itself_in_the_next_slice() -> None:
    execution, values = await held_behind("y" + LONGEST)

    (completed,) = [each for each in await execution.payloads("node:completed") if each["nodeId"] == "second"]
    kept = large_value_of(completed["values"]["itemSchema"])
    await execution.command(CommandKind.RESUME)
    ended = await execution.settled()

    assert ended is Status.COMPLETED
    assert kept is not None
    assert orjson.loads(values.contents[EXECUTION, kept.sha256]) == {"text": "y" + LONGEST}
    assert stored_value(execution, "second") == reference_form(kept) == stored_value(execution, "third")
    assert all(len(event.payload) < 1_000 for event in await execution.log())


async def test_a_value_of_the_greatest_size_stands_in_the_log() -> None:
    text = LONGEST[len('{"text":}') :]
    execution, values = await held_behind(text)

    assert values.contents == {}
    assert stored_value(execution, "second") == {"text": text}


async def test_a_value_that_looks_like_a_reference_is_not_taken_for_one() -> None:
    forged = reference_form(LargeValue("0" * 64, 5))
    document = flow(
        {"first": ("ObjectNode", {"object": forged}), "second": "ArrayNode", "third": "ArrayNode"},
        "first.object -> second.itemSchema",
        "second.itemSchema -> third.itemSchema",
    )
    execution = await started(document, breakpoints=["third"])
    wrapped = replace(execution, runs=RunsWithLargeValues(execution.runs, FakeLargeValues()))
    await wrapped.settled()

    await wrapped.command(CommandKind.RESUME)

    assert await wrapped.settled() is Status.COMPLETED
    (held,) = await wrapped.payloads("debug:breakpoint-hit")
    assert large_value_of(held["values"]["itemSchema"]) not in (None, LargeValue("0" * 64, 5))


async def test_a_value_that_is_gone_is_not_made_up() -> None:
    execution, values = await held_behind("y" + LONGEST)
    values.contents.clear()
    await execution.command(CommandKind.RESUME)

    with pytest.raises(NotFound):
        await execution.settled()


@pytest.mark.parametrize(
    "form",
    [
        None,
        5,
        {"$large": 5},
        {"$large": {"sha256": "a"}},
        {"$large": {"sha256": 1, "bytes": 1}},
        {"$large": {"sha256": "a", "bytes": 1, "more": 2}},
        {"$large": {"sha256": "a", "bytes": 1}, "more": 2},
    ],
)
def test_what_is_no_reference(form: object) -> None:
    assert large_value_of(form) is None
