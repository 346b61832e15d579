"""What every Queue must do, fake or real: claims take slots, the ends of slices give them back."""

import asyncio
from dataclasses import dataclass, field

import pytest

from chaingraph.execution.commits import Claim
from chaingraph.execution.slots import InLine, SlotLimits
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId, UserId, WorkerId
from tests.contract.builders import (
    ALICE,
    BOB,
    DOCUMENT,
    LEASE_MS,
    PAUSE,
    ROOT,
    RUN,
    STOP,
    batch,
    born,
    create,
    created_event,
    ending,
    new_root,
)
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio

TWO = SlotLimits(in_all=2, of_owner=2)
ONE_EACH = SlotLimits(in_all=2, of_owner=1)
CLARA = UserId("clara")


async def running(store: Store, *names: str, owner: UserId = ALICE) -> None:
    for name in names:
        await create(store, new_root(name, owner=owner))
        await store.executions.start(ExecutionId(name))


async def try_claim(
    store: Store, name: str, limits: SlotLimits | None = TWO, *, lease_ms: int = LEASE_MS
) -> Claim | InLine | None:
    return await store.runs.claim(
        ExecutionId(name), workflow_run=RUN, worker_id=WorkerId("one"), lease_ms=lease_ms, slots=limits
    )


async def has_claimed(store: Store, name: str, limits: SlotLimits = TWO) -> bool:
    return isinstance(await try_claim(store, name, limits), Claim)


async def claimed(store: Store, name: str, limits: SlotLimits = TWO) -> Claim:
    claim = await try_claim(store, name, limits)
    assert isinstance(claim, Claim)
    return claim


async def end(store: Store, claim: Claim, status: Status | None = Status.COMPLETED) -> bool:
    """Whether somebody stands in line."""
    execution = (await store.runs.load(claim)).execution
    seen = (await store.runs.load(claim)).signal_seq
    last = batch(first=execution.next_index, end=ending(status, seen=seen))
    return (await store.runs.commit(claim, last, lease_ms=LEASE_MS)).has_freed_slot


async def test_no_more_run_than_there_are_slots(store: Store) -> None:
    await running(store, "a", "b", "c")

    assert [await has_claimed(store, name) for name in "abc"] == [True, True, False]


async def test_no_more_of_an_owner_run_than_may(store: Store) -> None:
    await running(store, "a", "b")
    await running(store, "c", owner=BOB)

    assert [await has_claimed(store, name, ONE_EACH) for name in "abc"] == [True, False, True]


async def test_of_many_at_once_as_many_run_as_there_are_slots(store: Store) -> None:
    names = [f"execution-{number}" for number in range(12)]
    await running(store, *names)

    limits = SlotLimits(in_all=5, of_owner=5)
    found = await asyncio.gather(*(has_claimed(store, name, limits) for name in names))

    assert sum(found) == 5


async def test_a_slot_is_free_when_its_slice_has_ended(store: Store) -> None:
    await running(store, "a", "b", "c")
    first = await claimed(store, "a")
    await claimed(store, "b")

    await end(store, first, status=None)

    assert await has_claimed(store, "c")


async def test_the_end_of_a_slice_tells_whether_somebody_stands_in_line(store: Store) -> None:
    await running(store, "a", "b", "c")
    first, second = await claimed(store, "a"), await claimed(store, "b")
    alone = await end(store, first, status=None)
    first = await claimed(store, "a")
    await try_claim(store, "c")

    assert (alone, await end(store, second)) == (False, True)


async def test_a_commit_that_does_not_end_the_slice_keeps_the_slot(store: Store) -> None:
    await running(store, "a", "b", "c")
    first = await claimed(store, "a")
    await claimed(store, "b")

    reply = await store.runs.commit(first, batch(1), lease_ms=LEASE_MS)

    assert not reply.has_freed_slot
    assert not await has_claimed(store, "c")


async def test_an_end_whose_reply_was_lost_calls_the_next_one_all_the_same(store: Store) -> None:
    await running(store, "a")
    first = await claimed(store, "a")
    last = batch(1, end=ending(None))
    await store.runs.commit(first, last, lease_ms=LEASE_MS)

    assert (await store.runs.commit(first, last, lease_ms=LEASE_MS)).has_freed_slot


async def test_who_stands_in_line_has_seen_the_signals_and_is_held_by_nobody(store: Store) -> None:
    await running(store, "a", "b", "c")
    for name in "abc":
        await try_claim(store, name)

    execution = await store.executions.read(ExecutionId("c"))
    assert execution.waiting == {"kind": "slot"}
    assert (await store.overdue.unseen_signals(older_than_ms=0, limit=9)) == []
    assert execution.status is Status.RUNNING


async def test_a_claim_that_found_no_slot_is_fenced_like_any_other(store: Store) -> None:
    await running(store, "a", "b", "c")
    for name in "ab":
        await try_claim(store, name)

    before = (await store.executions.read(ExecutionId("c"))).epoch
    await try_claim(store, "c")

    assert (await store.executions.read(ExecutionId("c"))).epoch > before


async def test_what_does_not_run_needs_no_slot(store: Store) -> None:
    await running(store, "a", "b", "paused", "stopped")
    for name in "ab":
        await claimed(store, name)
    await create(store, new_root("created"))
    await store.executions.command(ExecutionId("paused"), PAUSE)
    await store.executions.command(ExecutionId("stopped"), STOP)

    claims = [await try_claim(store, name) for name in ("created", "paused", "stopped")]

    assert [isinstance(claim, Claim) and not claim.has_slot for claim in claims] == [True] * 3


async def test_a_claim_without_limits_needs_no_slot(store: Store) -> None:
    await running(store, "a", "b", "c")
    for name in "ab":
        await claimed(store, name)

    assert isinstance(await try_claim(store, "c", None), Claim)


async def test_a_child_in_line_is_not_started_yet(store: Store) -> None:
    await store.executions.create(
        new_root(), document=DOCUMENT, created=created_event(), idempotency=None, children=[born("child")]
    )
    await store.executions.start(ROOT)
    one = SlotLimits(in_all=1, of_owner=1)
    parent = await claimed(store, ROOT, one)
    assert not await has_claimed(store, "child", one)
    in_line = (await store.executions.read(ExecutionId("child"))).status

    await end(store, parent, status=None)
    await claimed(store, "child", one)

    assert in_line is Status.CREATED
    assert (await store.executions.read(ExecutionId("child"))).status is Status.RUNNING


async def test_a_slice_that_died_keeps_its_slot_until_its_lease_is_over(store: Store) -> None:
    await running(store, "alive", "dead", "c", "d")
    await claimed(store, "alive")
    assert await try_claim(store, "dead", lease_ms=0)
    await claimed(store, "c")

    assert not await has_claimed(store, "d")


async def test_the_successor_of_a_slice_that_died_takes_its_slot_over(store: Store) -> None:
    await running(store, "a", "b", "c")
    for name in "ab":
        await claimed(store, name)

    assert await has_claimed(store, "a")
    assert not await has_claimed(store, "c")


async def test_a_slot_that_a_later_claim_did_not_need_is_free(store: Store) -> None:
    await running(store, "a", "b", "c")
    for name in "ab":
        await claimed(store, name)
    await store.executions.command(ExecutionId("a"), STOP)
    await try_claim(store, "a")

    assert await has_claimed(store, "c")


@dataclass
class Office:
    """Slots that are given back one after the other; whoever is called comes."""

    store: Store
    limits: SlotLimits
    claims: dict[str, Claim] = field(default_factory=dict[str, Claim])
    order: list[str] = field(default_factory=list[str])

    async def ask(self, *names: str) -> None:
        for name in names:
            claim = await try_claim(self.store, name, self.limits)
            if isinstance(claim, Claim):
                self.claims[name] = claim
                self.order.append(name)

    async def serve_all(self) -> list[str]:
        """The order in which they came to run."""
        while self.claims:
            name = next(iter(self.claims))
            await end(self.store, self.claims.pop(name))
            await self.ask(*await self.store.queue.call_next(self.limits))
        return self.order


async def test_first_come_first_served(store: Store) -> None:
    await running(store, *"edcba")
    office = Office(store, SlotLimits(in_all=1, of_owner=1))
    await office.ask(*"edcba")

    assert await office.serve_all() == list("edcba")


async def test_owners_take_turns(store: Store) -> None:
    await running(store, "a1", "a2", "a3", "a4")
    await running(store, "b1", "b2", owner=BOB)
    await running(store, "c1", owner=CLARA)
    office = Office(store, SlotLimits(in_all=1, of_owner=1))
    await office.ask("a1", "a2", "a3", "a4", "b1", "b2", "c1")

    order = await office.serve_all()

    assert order == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]


async def test_an_owner_at_the_limit_holds_up_nobody_else(store: Store) -> None:
    await running(store, "a1", "a2", "a3")
    await running(store, "b1", owner=BOB)
    for name in ("a1", "a2", "a3"):
        await try_claim(store, name, ONE_EACH)

    assert await has_claimed(store, "b1", ONE_EACH)


async def test_nobody_passes_those_who_stand_in_line(store: Store) -> None:
    await running(store, *"abcd")
    first, _ = await claimed(store, "a"), await claimed(store, "b")
    await try_claim(store, "c")
    await end(store, first)

    assert not await has_claimed(store, "d")
    assert await store.queue.call_next(TWO) == ["c"]
    assert await has_claimed(store, "c")


async def test_who_was_called_is_not_called_again_at_once(store: Store) -> None:
    await running(store, *"abc")
    first, _ = await claimed(store, "a"), await claimed(store, "b")
    await try_claim(store, "c")
    await end(store, first)

    assert [await store.queue.call_next(TWO), await store.queue.call_next(TWO)] == [["c"], []]


async def test_nobody_is_called_while_no_slot_is_free(store: Store) -> None:
    await running(store, *"abc")
    for name in "abc":
        await try_claim(store, name)

    assert await store.queue.call_next(TWO) == []


async def test_slots_of_dead_slices_are_given_to_the_next_ones(store: Store) -> None:
    await running(store, *"abc")
    for name in "ab":
        await claimed(store, name)
    await try_claim(store, "c")
    assert await try_claim(store, "a", lease_ms=0)

    assert await store.queue.call_next(TWO) == ["c"]


async def test_a_place_is_known(store: Store) -> None:
    await running(store, *"abcd")
    for name in "abcd":
        await try_claim(store, name)

    assert [await store.queue.place(ExecutionId(name)) for name in "abcd"] == [None, None, 1, 2]


async def test_who_is_stopped_leaves_the_line(store: Store) -> None:
    await running(store, *"abcd")
    for name in "abcd":
        await try_claim(store, name)
    await store.executions.command(ExecutionId("c"), STOP)
    await try_claim(store, "c")

    assert await store.queue.place(ExecutionId("d")) == 1


async def test_the_line_is_reported(store: Store) -> None:
    await running(store, *"abcd")
    for name in "abcd":
        await try_claim(store, name)

    report = await store.queue.report()

    assert (report.running, report.length) == (2, 2)
    assert report.oldest_ms >= 0


async def test_an_empty_line_has_no_age(store: Store) -> None:
    report = await store.queue.report()

    assert (report.running, report.length, report.oldest_ms) == (0, 0, 0)
