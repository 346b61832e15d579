"""Answering a node that waits: the token is all that is needed, and nothing else gets in."""

from dataclasses import dataclass
from datetime import timedelta

import orjson
import pytest

from chaingraph.execution.callbacks import CallbackAddress, address_of
from chaingraph.execution.commands import Command, CommandKind
from chaingraph.ids import ExecutionId, NodeId
from chaingraph.testing import FlowDraft
from functions.control.adapters import ControlAdapters
from tests.functions.api import Api, HttpAnswer, send_http
from tests.scene import ALICE
from tests.waiting_flows import Waiting

pytestmark = pytest.mark.anyio

ROUTE = "POST /v1/callbacks/{token}"
YES = {"approved": True}


@dataclass
class Asked:
    """An execution that waits for an approval."""

    system: Waiting
    execution_id: ExecutionId
    token: str

    @property
    def adapters(self) -> ControlAdapters:
        return Api(self.system.scene).control

    async def answer(self, body: object, token: str = "") -> HttpAnswer:
        return await send_http(
            self.adapters, ROUTE, {"token": token or self.token}, bearer="nobody's", body=body
        )


async def asked(timeout_seconds: float = 0) -> Asked:
    system, draft = Waiting(), FlowDraft()
    draft.add("HumanApprovalNode", {"timeoutSeconds": timeout_seconds}, node_id="ask")
    execution_id = await system.started(draft)
    await system.slice(execution_id)
    (token,) = await system.tokens(execution_id)
    return Asked(system, execution_id, token)


async def test_an_answer_needs_no_bearer_token_and_wakes_the_execution() -> None:
    waiting = await asked()
    token = await waiting.system.scene.wait("task", waiting.execution_id)

    answer = await waiting.answer(YES)

    assert (answer.status, answer.json) == (200, {"success": True})
    assert token in waiting.system.scene.workflows.completed
    await waiting.system.slice(waiting.execution_id)
    (completed,) = await waiting.system.payloads(waiting.execution_id, "node:completed")
    assert completed["values"]["approved"] is True


async def test_the_same_answer_again_is_answered_alike_even_after_the_end() -> None:
    waiting = await asked()
    await waiting.answer({"approved": True, "comment": "1"})

    again = await waiting.answer({"comment": "1", "approved": True})
    await waiting.system.slice(waiting.execution_id)
    after_the_end = await waiting.answer({"approved": True, "comment": "1"})

    assert (again.status, after_the_end.status) == (200, 200)


async def test_another_answer_is_a_conflict() -> None:
    waiting = await asked()
    await waiting.answer(YES)

    other = await waiting.answer({"approved": False})

    assert other.status == 409
    assert "another answer" in other.json["error"]["message"]


@pytest.mark.parametrize(
    ("body", "path", "reason"),
    [
        ({}, "approved", "is required"),
        ({"approved": None}, "approved", "is required"),
        ({"approved": 1}, "approved", "must be true or false"),
        ({"approved": True, "comment": 7}, "comment", "must be a text"),
        ({"approved": True, "mood": "good"}, "mood", "is not expected"),
        ([True], "", "must be an object"),
        ("yes", "", "not JSON"),
        ("", "", "not JSON"),
    ],
)
async def test_an_answer_that_does_not_fit_is_refused_with_the_field_and_the_reason(
    body: object, path: str, reason: str
) -> None:
    waiting = await asked()

    refused = await waiting.answer(body)

    assert refused.status == 400
    (problem,) = refused.json["error"]["problems"]
    assert problem["path"] == path
    assert reason in problem["message"]


async def test_a_refused_answer_may_be_corrected() -> None:
    waiting = await asked()
    await waiting.answer({"approved": "yes"})

    assert (await waiting.answer(YES)).status == 200


async def test_an_answer_has_a_greatest_size() -> None:
    waiting = await asked()

    answer = await waiting.answer({"approved": True, "comment": "x" * 65_536})

    assert answer.status == 413


@pytest.mark.parametrize("token", ["x", "äöü", "e30", "WzEsMiwzXQ", "W10"])
async def test_what_is_no_token_leads_nowhere(token: str) -> None:
    waiting = await asked()

    refused = await waiting.answer(YES, token)

    assert refused.status == 404
    assert refused.json["error"]["message"] == "there is no such callback"


async def test_a_secret_that_is_guessed_an_unknown_node_and_an_unknown_execution_look_alike() -> None:
    waiting = await asked()
    real = address_of(waiting.token)
    guesses = [
        CallbackAddress(real.execution_id, real.node_id, real.secret[:-1] + "x"),
        CallbackAddress(real.execution_id, real.node_id, ""),
        CallbackAddress(real.execution_id, NodeId("other"), real.secret),
        CallbackAddress(ExecutionId("EXother"), real.node_id, real.secret),
    ]

    refused = [await waiting.answer(YES, guess.token) for guess in guesses]

    assert {answer.status for answer in refused} == {404}
    assert len({orjson.dumps(answer.json) for answer in refused}) == 1


async def test_nobody_can_answer_when_the_time_is_over() -> None:
    waiting = await asked(timeout_seconds=60)
    waiting.system.scene.store.world.clock.advance(timedelta(seconds=61))

    assert (await waiting.answer(YES)).status == 404


async def test_nobody_can_answer_a_node_that_gave_up_waiting() -> None:
    waiting = await asked(timeout_seconds=60)
    waiting.system.scene.store.world.clock.advance(timedelta(seconds=61))
    await waiting.system.slice(waiting.execution_id)

    assert (await waiting.answer(YES)).status == 404
    (failed,) = await waiting.system.payloads(waiting.execution_id, "node:failed")
    assert "nobody has answered in time" in failed["error"]["message"]


async def test_an_execution_that_has_ended_takes_no_answer_and_says_so() -> None:
    waiting = await asked()
    stop = Command(CommandKind.STOP, ALICE.id, "enough")
    await waiting.system.scene.store.executions.command(waiting.execution_id, stop)
    await waiting.system.slice(waiting.execution_id)

    refused = await waiting.answer(YES)

    assert refused.status == 409
    assert "stopped" in refused.json["error"]["message"]


async def test_an_answer_during_a_pause_is_kept_until_it_goes_on() -> None:
    waiting = await asked()
    executions = waiting.system.scene.store.executions
    await executions.command(waiting.execution_id, Command(CommandKind.PAUSE, ALICE.id, ""))
    await waiting.system.slice(waiting.execution_id)

    assert (await waiting.answer(YES)).status == 200

    await waiting.system.slice(waiting.execution_id)
    assert (await waiting.system.read(waiting.execution_id)).status == "paused"
    await executions.command(waiting.execution_id, Command(CommandKind.RESUME, ALICE.id, ""))
    while (await waiting.system.slice(waiting.execution_id)).next == "run":
        pass
    assert (await waiting.system.read(waiting.execution_id)).status == "completed"
