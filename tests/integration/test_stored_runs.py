"""An execution that began under one release goes on under the next, from the rows that the first one left."""

import os
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId
from chaingraph.postgres.migrate import migrations
from tests.flows import World
from tests.integration.executions import System
from tests.integration.stored_runs.rows import put, taken
from tests.integration.stored_runs.situations import SITUATIONS

pytestmark = pytest.mark.anyio

FOLDER: Final = Path(__file__).parent / "stored_runs"
RELEASES: Final = sorted(path.name for path in FOLDER.glob("[0-9]*"))
PRESENT: Final = migrations()[-1].name[:4]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", SITUATIONS)
async def test_what_an_older_release_stored_goes_on_to_its_end(
    name: str, release: str, executions: System, world: World, database_url: str
) -> None:
    stored = orjson.loads((FOLDER / release / f"{name}.json").read_bytes())
    execution_id = ExecutionId(stored["executionId"])
    put(stored["rows"], database_url)
    executions.clock.now_ms = stored["atMs"]
    before = await executions.log(execution_id)

    await SITUATIONS[name].go_on(executions, world, execution_id)

    after = await executions.log(execution_id)
    types = [event.type for event in after]
    nodes = _nodes(stored["rows"], execution_id)
    assert (await executions.read(execution_id)).status is Status.COMPLETED
    assert after[: len(before)] == before
    assert [event.index for event in after] == list(range(-1, len(after) - 1))
    assert types.count("node:started") == types.count("node:completed") == len(nodes)
    assert types[-1] == "flow:completed"


def _nodes(rows: dict[str, list[dict[str, Any]]], execution_id: ExecutionId) -> list[object]:
    """Of the flow that was pinned."""
    (row,) = (each for each in rows["executions"] if each["id"] == execution_id)
    (snapshot,) = (each for each in rows["flow_snapshots"] if each["hash"] == row["flow_hash"])
    return snapshot["document"]["nodes"]


def test_every_situation_is_stored_of_every_release() -> None:
    assert RELEASES
    for release in RELEASES:
        assert {path.stem for path in (FOLDER / release).iterdir()} == set(SITUATIONS)


@pytest.mark.parametrize("name", SITUATIONS)
async def test_each_situation_of_the_present_release_can_be_stored(
    name: str, executions: System, world: World, database_url: str, tmp_path: Path
) -> None:
    """With WRITE_STORED_RUNS in the environment, among those that are kept."""
    folder = FOLDER / PRESENT if "WRITE_STORED_RUNS" in os.environ else tmp_path
    folder.mkdir(exist_ok=True)
    execution_id = await SITUATIONS[name].reach(executions, world)
    rows = taken(database_url)
    stored = {"executionId": execution_id, "atMs": executions.clock.now_ms, "rows": rows}

    with (folder / f"{name}.json").open("xb") as file:
        file.write(orjson.dumps(stored, option=orjson.OPT_INDENT_2) + b"\n")

    assert execution_id in {row["id"] for row in rows["executions"]}
