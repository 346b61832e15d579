"""What every Mailbox must do, fake or real."""

import asyncio

import pytest

from chaingraph.errors import NotFound
from chaingraph.execution.callbacks import Answered, Expired
from chaingraph.execution.commits import Commit, SliceEnd
from chaingraph.execution.results import ResultStatus, StoredResult
from chaingraph.execution.status import Status
from chaingraph.ids import CallbackName, EventIndex, ExecutionId, NodeId, TaskToken, WorkflowRun
from tests.contract.builders import (
    LEASE_MS,
    ROOT,
    RUN,
    batch,
    claim,
    create,
    create_running,
    finish,
    new_root,
)
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio

TOKEN = TaskToken("token")
NAME = CallbackName("name")


async def test_a_token_is_kept_until_it_is_forgotten(store: Store) -> None:
    await create(store)

    assert not await store.mailbox.keep(TOKEN, ROOT, RUN)
    assert await store.mailbox.tokens(ROOT) == [TOKEN]
    await store.mailbox.forget(TOKEN)
    assert await store.mailbox.tokens(ROOT) == []


async def test_all_tokens_of_an_execution_are_given_and_no_other(store: Store) -> None:
    await create(store)
    await create(store, new_root("other"))
    await store.mailbox.keep(TOKEN, ROOT, RUN)
    await store.mailbox.keep(TaskToken("second"), ROOT, RUN)
    await store.mailbox.keep(TaskToken("foreign"), ExecutionId("other"), RUN)

    assert sorted(await store.mailbox.tokens(ROOT)) == ["second", TOKEN]


async def test_keeping_a_token_again_is_harmless(store: Store) -> None:
    await create(store)
    await store.mailbox.keep(TOKEN, ROOT, RUN)

    await store.mailbox.keep(TOKEN, ROOT, RUN)

    assert await store.mailbox.tokens(ROOT) == [TOKEN]


async def test_a_signal_sent_before_is_seen_by_the_keeper(store: Store) -> None:
    await create(store)

    await store.mailbox.signal(ROOT)

    assert await store.mailbox.keep(TOKEN, ROOT, RUN)


async def test_a_signal_sent_after_finds_the_token(store: Store) -> None:
    await create(store)

    assert not await store.mailbox.keep(TOKEN, ROOT, RUN)
    await store.mailbox.signal(ROOT)

    assert await store.mailbox.tokens(ROOT) == [TOKEN]


async def test_in_no_order_of_arrival_a_wake_up_is_lost(store: Store) -> None:
    names = [f"root-{number}" for number in range(20)]
    for name in names:
        await create(store, new_root(name))

    async def send(name: str) -> list[TaskToken]:
        await store.mailbox.signal(ExecutionId(name))
        return await store.mailbox.tokens(ExecutionId(name))

    for name in names:
        keeping = store.mailbox.keep(TaskToken(name), ExecutionId(name), RUN)
        is_due, found = await asyncio.gather(keeping, send(name))

        assert is_due or found == [name]


async def test_a_start_is_a_signal(store: Store) -> None:
    await create_running(store)

    assert await store.mailbox.keep(TOKEN, ROOT, RUN)


async def test_a_signal_that_a_slice_has_seen_is_not_due(store: Store) -> None:
    await create_running(store)
    seen = SliceEnd(status=Status.RUNNING, seen_seq=1)

    await store.runs.commit(await claim(store), batch(end=seen), lease_ms=LEASE_MS)

    assert not await store.mailbox.keep(TOKEN, ROOT, RUN)


async def test_a_token_of_another_workflow_run_is_due_at_once(store: Store) -> None:
    await create(store)

    assert await store.mailbox.keep(TOKEN, ROOT, WorkflowRun(0))


async def test_a_token_of_an_ended_execution_is_due_at_once(store: Store) -> None:
    await create_running(store)
    await finish(store)

    assert await store.mailbox.keep(TOKEN, ROOT, RUN)


async def test_a_token_of_nobody_is_due_at_once(store: Store) -> None:
    assert await store.mailbox.keep(TOKEN, ExecutionId("nobody"), RUN)


async def test_forgetting_what_is_not_there_is_harmless(store: Store) -> None:
    await store.mailbox.forget(TOKEN)


async def test_a_long_token_is_kept_whole(store: Store) -> None:
    await create(store)
    token = TaskToken("".join(f"{number:04x}" for number in range(512)))

    await store.mailbox.keep(token, ROOT, RUN)

    assert await store.mailbox.tokens(ROOT) == [token]


async def test_a_signal_to_nobody_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.mailbox.signal(ExecutionId("nobody"))


async def test_an_answer_is_stored_and_is_a_signal(store: Store) -> None:
    await create_running(store)
    claimed = await claim(store)

    assert await store.mailbox.answer(ROOT, NAME, b'{"text":"\\u0000"}')

    assert await store.mailbox.answers(ROOT) == {NAME: Answered({"text": "\0"})}
    assert (await store.runs.load(claimed)).signal_seq == 2


async def test_of_two_answers_the_first_stands(store: Store) -> None:
    await create_running(store)

    stored = await asyncio.gather(*(store.mailbox.answer(ROOT, NAME, b"%d" % number) for number in range(5)))

    assert stored.count(True) == 1
    (answer,) = (await store.mailbox.answers(ROOT)).values()
    assert answer == Answered(stored.index(True))


async def test_nobody_can_answer_what_has_expired(store: Store) -> None:
    await create_running(store)

    assert await store.mailbox.expire(ROOT, NAME) == Expired()

    assert not await store.mailbox.answer(ROOT, NAME, b"1")
    assert await store.mailbox.answers(ROOT) == {NAME: Expired()}


async def test_an_answer_that_was_first_does_not_expire(store: Store) -> None:
    await create_running(store)
    await store.mailbox.answer(ROOT, NAME, b"null")

    assert await store.mailbox.expire(ROOT, NAME) == Answered(None)


async def test_an_execution_that_has_ended_takes_no_answer(store: Store) -> None:
    await create_running(store)
    await finish(store)

    assert not await store.mailbox.answer(ROOT, NAME, b"1")
    assert await store.mailbox.answers(ROOT) == {}


async def test_who_answers_finds_the_execution_its_flow_and_the_node(store: Store) -> None:
    await create_running(store)
    result = StoredResult(NodeId("n"), ResultStatus.STARTED, 1, b'{"callbacks":[{"secret":"s"}]}')
    await store.runs.commit(await claim(store), Commit(EventIndex(0), results=(result,)), lease_ms=LEASE_MS)

    before = await store.mailbox.callback(ROOT, NodeId("n"), NAME)
    await store.mailbox.answer(ROOT, NAME, b"1")
    after = await store.mailbox.callback(ROOT, NodeId("n"), NAME)

    assert (before.status, before.node_status, before.answer) == (Status.RUNNING, ResultStatus.STARTED, None)
    assert before.detail == {"callbacks": [{"secret": "s"}]}
    assert before.document == await store.executions.pinned_document(before.flow_hash)
    assert after.answer == Answered(1)


@pytest.mark.parametrize(("execution_id", "node_id"), [("other", "n"), (ROOT, "n")])
async def test_there_is_no_callback_of_a_node_that_has_not_started(
    store: Store, execution_id: str, node_id: str
) -> None:
    await create_running(store)

    with pytest.raises(NotFound):
        await store.mailbox.callback(ExecutionId(execution_id), NodeId(node_id), NAME)
