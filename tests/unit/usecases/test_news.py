"""What is sent while a slice runs, or while none does, reaches the bodies that wait."""

import asyncio
from dataclasses import replace

import orjson
import pytest

from chaingraph.execution.callbacks import address_of
from chaingraph.execution.commits import Claim, Commit, CommitReply
from chaingraph.ids import ExecutionId
from chaingraph.testing import FlowDraft
from chaingraph.usecases.slices import Outside
from tests.fakes.runs import FakeRuns
from tests.waiting_flows import Waiting

pytestmark = pytest.mark.anyio


class RunsWithAnswer(FakeRuns):
    """An answer comes just before the first commit that ends a slice with a callback open."""

    def __init__(self, system: Waiting) -> None:
        super().__init__(system.scene.store.world)
        self._system = system
        self._is_answered = False

    async def commit(self, claim: Claim, commit: Commit, *, lease_ms: int) -> CommitReply:
        tokens = await self._system.tokens(claim.execution_id)
        if commit.end is not None and tokens and not self._is_answered:
            self._is_answered = True
            await answer(self._system, claim.execution_id, tokens[0])
        return await super().commit(claim, commit, lease_ms=lease_ms)


class RunsWithAnswerInReply(FakeRuns):
    """The commit that tells of the callback takes so long that its reply tells of the answer, too."""

    def __init__(self, system: Waiting) -> None:
        super().__init__(system.scene.store.world)
        self._system = system

    async def commit(self, claim: Claim, commit: Commit, *, lease_ms: int) -> CommitReply:
        reply = await super().commit(claim, commit, lease_ms=lease_ms)
        if not any(event.type == "callback:opened" for event in commit.events):
            return reply
        (token,) = await self._system.tokens(claim.execution_id)
        await answer(self._system, claim.execution_id, token)
        for _ in range(10):
            await asyncio.sleep(0)
        return replace(reply, signal_seq=reply.signal_seq + 1)


class AnsweredLate(Waiting):
    """`runs` sees to it that an answer comes at a certain moment."""

    runs: type[RunsWithAnswer | RunsWithAnswerInReply] = RunsWithAnswer

    @property
    def outside(self) -> Outside:
        return replace(super().outside, runs=self.runs(self))


def approval(*, beside: float = 0) -> FlowDraft:
    """A node that waits for an answer; beside it one that sleeps for so many seconds."""
    draft = FlowDraft()
    draft.add("HumanApprovalNode", node_id="ask")
    if beside:
        draft.add("SleepNode", {"duration": beside * 1000}, node_id="sleep")
    return draft


async def answer(system: Waiting, execution_id: ExecutionId, token: str) -> None:
    payload = orjson.dumps({"approved": True})
    assert await system.scene.store.mailbox.answer(execution_id, address_of(token).name, payload)


async def test_a_slice_ends_at_once_when_all_wait_for_somebody_outside() -> None:
    system = Waiting()
    execution_id = await system.started(approval())

    verdict = await system.slice(execution_id)

    assert (verdict.next, verdict.wait_seconds) == ("wait", 30 * 24 * 3600)
    assert (await system.read(execution_id)).waiting == {"kind": "callback"}


async def test_the_workflow_waits_no_longer_than_the_callback_is_open() -> None:
    system, draft = Waiting(), FlowDraft()
    draft.add("HumanApprovalNode", {"timeoutSeconds": 90})
    execution_id = await system.started(draft)

    assert (await system.slice(execution_id)).wait_seconds == 90


async def test_slices_that_find_no_answer_keep_the_url_and_say_nothing_again() -> None:
    system = Waiting()
    execution_id = await system.started(approval())
    await system.slice(execution_id)
    types = await system.types(execution_id)

    await system.slice(execution_id)
    await system.slice(execution_id)

    assert await system.types(execution_id) == types
    (token,) = await system.tokens(execution_id)
    await answer(system, execution_id, token)
    assert (await system.slice(execution_id)).next == "done"


async def test_an_answer_that_comes_while_the_slice_goes_on_is_heard_by_it() -> None:
    system = Waiting()
    execution_id = await system.started(approval(beside=0.9))
    running = asyncio.create_task(system.slice(execution_id))
    await asyncio.wait_for(system.told_of_callback(execution_id), 10)

    (token,) = await system.tokens(execution_id)
    await answer(system, execution_id, token)
    await running

    ends = [event["nodeId"] for event in await system.payloads(execution_id, "node:completed")]
    assert ends == ["ask", "sleep"]


async def test_an_answer_that_comes_as_the_slice_ends_is_not_missed() -> None:
    """It is stored between the last look and the last commit: the end is refused, and the slice goes on."""
    system = AnsweredLate()
    execution_id = await system.started(approval())

    assert (await system.slice(execution_id)).next == "done"
    assert (await system.read(execution_id)).status == "completed"


async def test_an_answer_of_which_only_the_last_reply_tells_is_not_missed() -> None:
    """The run has come to its outcome before: it knows nothing of the answer."""
    system = AnsweredLate()
    system.runs = RunsWithAnswerInReply
    execution_id = await system.started(approval())

    assert (await system.slice(execution_id)).next == "done"


async def test_a_body_that_waits_takes_no_room_from_those_that_may_run_later() -> None:
    """With room for one node at a time, the one that waits has it; the slice ends all the same."""
    system, draft = Waiting(), approval()
    draft.add("HumanApprovalNode", node_id="second")
    execution_id = await system.started(draft, {"execution": {"maxConcurrency": 1}})

    assert (await system.slice(execution_id)).next == "wait"
