"""The end of a child reaches its parent."""

from dataclasses import dataclass, replace

import pytest

from chaingraph.engine.identity import TreeLimits
from chaingraph.errors import Unavailable
from chaingraph.execution.commits import Claim, Commit, SliceEnd
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.status import Status
from chaingraph.graph.node_types import NodeTypes
from chaingraph.ids import EventIndex, ExecutionId, TaskToken, WorkerId, WorkflowRun
from chaingraph.usecases.parents import wake_parent
from chaingraph.usecases.run_slice import Plans, run_slice
from chaingraph.usecases.slice_writer import WriterSettings
from chaingraph.usecases.slices import Outside, SliceSettings
from tests.fakes.mailbox import FakeMailbox
from tests.scene import Scene, execution_request, scene_with_flow

pytestmark = pytest.mark.anyio

RUN = WorkflowRun(1)
SETTINGS = SliceSettings(
    WriterSettings(lease_ms=30_000, poll_ms=50),
    TreeLimits(),
    start_timeout_ms=60_000,
    awake_ms=1_000,
    slice_ms=60_000,
)


@dataclass
class Family:
    """A parent that runs, whose task waits, and two children."""

    scene: Scene
    parent_id: ExecutionId
    token: TaskToken
    children: list[ExecutionId]

    @property
    def outside(self) -> Outside:
        return self.scene.outside

    async def end(self, place: int, status: Status = Status.COMPLETED) -> None:
        child_id = self.children[place]
        runs = self.scene.store.runs
        claim = await runs.claim(child_id, workflow_run=RUN, worker_id=WorkerId("w"), lease_ms=1000)
        assert isinstance(claim, Claim)
        await runs.commit(claim, Commit(EventIndex(0), end=SliceEnd(status, 0)), lease_ms=1000)

    async def tell(self, place: int, outside: Outside | None = None) -> None:
        child = await self.scene.store.executions.read(self.children[place])
        await wake_parent(child, outside=outside or self.outside)

    async def unseen(self) -> bool:
        """Whether a signal waits for the parent."""
        return await self.scene.store.mailbox.keep(TaskToken("look"), self.parent_id, RUN)

    @property
    def is_woken(self) -> bool:
        return self.token in self.scene.workflows.completed


async def family(on_node_failure: str = "continue") -> Family:
    scene = await scene_with_flow()
    events = tuple(ExternalEvent(name, 1) for name in ("own", "a", "b"))
    options = {"onNodeFailure": on_node_failure}
    parent_id = await scene.create(execution_request(options=options, events=events))
    token = await scene.wait("parent", parent_id)
    children = await scene.store.executions.children(parent_id)
    return Family(scene, parent_id, token, [child.id for child in children])


async def test_the_last_child_wakes_its_parent() -> None:
    scenery = await family()
    await scenery.end(0)
    await scenery.tell(0)
    before = scenery.is_woken

    await scenery.end(1)
    await scenery.tell(1)

    assert (before, scenery.is_woken) == (False, True)


@pytest.mark.parametrize(
    ("on_node_failure", "status", "wakes"),
    [
        ("continue", Status.FAILED, False),
        ("fail", Status.FAILED, True),
        ("fail", Status.STOPPED, True),
        ("fail", Status.COMPLETED, False),
    ],
)
async def test_a_child_that_fails_wakes_a_parent_which_fails_with_it(
    on_node_failure: str, status: Status, *, wakes: bool
) -> None:
    scenery = await family(on_node_failure)

    await scenery.end(0, status)
    await scenery.tell(0)

    assert scenery.is_woken is wakes


async def test_the_signal_is_kept_while_the_workflow_service_does_not_answer() -> None:
    scenery = await family()
    for place in range(2):
        await scenery.end(place)
    scenery.scene.workflows.is_available = False

    await scenery.tell(1)

    assert await scenery.unseen()
    assert not scenery.is_woken


class SilentMailbox(FakeMailbox):
    async def signal(self, execution_id: ExecutionId) -> None:
        raise Unavailable(f"nobody hears of {execution_id}")


async def test_an_end_that_could_not_be_told_is_told_by_the_next_turn() -> None:
    scenery = await family()
    for place in range(2):
        await scenery.end(place)
    silent = replace(scenery.outside, mailbox=SilentMailbox(scenery.scene.store.world))
    with pytest.raises(Unavailable):
        await scenery.tell(1, silent)

    verdict = await run_slice(
        scenery.children[1],
        RUN,
        outside=scenery.outside,
        settings=SETTINGS,
        plans=Plans(NodeTypes({})),
        worker_id=WorkerId("again"),
    )

    assert verdict.next == "done"
    assert scenery.is_woken
