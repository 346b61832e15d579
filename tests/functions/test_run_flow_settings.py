"""How the settings of a slice come from those of the system and the time that its function has left."""

import pytest

from chaingraph.settings import Settings
from functions.run_flow.handler import SHORTEST_SLICE_MS, slice_settings

DATABASE = "postgresql://localhost/x"


@pytest.mark.parametrize(
    ("margin_ms", "left_ms", "slice_ms"),
    [(30_000, 900_000, 870_000), (60_000, 900_000, 840_000), (30_000, 20_000, SHORTEST_SLICE_MS)],
)
def test_a_slice_ends_by_the_margin_before_its_function_does(
    margin_ms: int, left_ms: int, slice_ms: int
) -> None:
    settings = Settings(database_url=DATABASE, slice_margin_ms=margin_ms)

    assert slice_settings(settings, left_ms).slice_ms == slice_ms


def test_the_limits_of_the_system_are_those_of_its_slices() -> None:
    settings = Settings(
        database_url=DATABASE,
        queue_concurrency=7,
        queue_concurrency_per_owner=3,
        max_turns=11,
        max_execution_depth=5,
        max_children_per_parent=6,
        start_timeout_seconds=9,
        awake_ms=1,
    )

    made = slice_settings(settings, 900_000)

    assert made.slots is not None
    assert (made.slots.in_all, made.slots.of_owner, made.max_turns) == (7, 3, 11)
    assert (made.tree.max_depth, made.tree.max_children) == (5, 6)
    assert (made.start_timeout_ms, made.awake_ms) == (9_000, 1)
