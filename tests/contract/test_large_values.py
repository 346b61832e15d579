"""What every LargeValues must do, fake or real: what an execution keeps is its own, under its hash."""

import pytest

from chaingraph.errors import NotFound
from chaingraph.graph.large_values import LargeValue
from chaingraph.ids import ExecutionId
from chaingraph.interfaces import LargeValues
from tests.fakes.large_values import FakeLargeValues

pytestmark = pytest.mark.anyio

MINE, OTHER = ExecutionId("EXmine"), ExecutionId("EXother")
CONTENT = b'"' + b"x" * 100_000 + b'"'


@pytest.fixture(params=[FakeLargeValues])
def values(request: pytest.FixtureRequest) -> LargeValues:
    return request.param()


async def test_what_is_kept_can_be_read(values: LargeValues) -> None:
    kept = await values.keep(MINE, CONTENT)

    assert await values.read(MINE, kept) == CONTENT
    assert kept == LargeValue.of(CONTENT)


async def test_the_same_content_twice_is_one(values: LargeValues) -> None:
    assert await values.keep(MINE, CONTENT) == await values.keep(MINE, CONTENT)


async def test_an_execution_reads_its_own_values_only(values: LargeValues) -> None:
    kept = await values.keep(MINE, CONTENT)

    with pytest.raises(NotFound):
        await values.read(OTHER, kept)


async def test_what_nobody_has_kept_is_not_there(values: LargeValues) -> None:
    with pytest.raises(NotFound):
        await values.read(MINE, LargeValue("0" * 64, 5))


async def test_an_empty_content_is_one_as_well(values: LargeValues) -> None:
    assert await values.read(MINE, await values.keep(MINE, b"")) == b""
