"""Nodes and flows under test: in memory, in virtual time."""

import asyncio
from datetime import timedelta
from typing import ClassVar

import pytest

from chaingraph.authoring import (
    HttpRequest,
    Input,
    NodeType,
    Output,
    Rejected,
    Scope,
    Stream,
    any_value,
    number,
    secret,
    stream,
    string,
)
from chaingraph.execution.options import Limits, OnNodeFailure
from chaingraph.testing import (
    ExecutionOptions,
    ExternalEvent,
    FakeHttp,
    FakeSecrets,
    FlowDraft,
    World,
    run_flow,
    run_node,
    secret_value,
)
from chaingraph.testing.virtual_time import run_in_virtual_time

MONTH = 30 * 86_400.0


class CountsCalls(NodeType, title="Counts Calls", category="test"):
    """Sleeps twice; what it does before is done again after a long sleep, under the same key."""

    calls: ClassVar[list[str]] = []
    first = Input(number())
    second = Input(number())
    woke_at = Output(number())

    async def run(self, scope: Scope) -> None:
        self.calls.append(scope.idempotency_key)
        await scope.sleep(self.first)
        await scope.sleep(self.second)
        self.woke_at = scope.now_ms()


class Asks(NodeType, title="Asks", category="test"):
    """Asks a server, with a secret."""

    url = Input(string(default="https://weather.example/today"))
    key = Input(secret("string"))
    answer = Output(string())
    status = Output(number())

    async def run(self, scope: Scope) -> None:
        words = (await scope.reveal(self.key)).word("value")
        headers = (("authorization", f"Bearer {words}"), ("idempotency-key", scope.idempotency_key))
        request = HttpRequest(method="GET", url=self.url, headers=headers)
        response = await scope.facilities.http.send(request)
        self.status = response.status
        self.answer = response.body.decode()


class NeverDone(NodeType, title="Never Done", category="test", pure=True):
    """Waits for nothing."""

    async def run(self, scope: Scope) -> None:
        await asyncio.Event().wait()


class Computes(NodeType, title="Computes", category="test", pure=True):
    """Computes in a thread."""

    result = Output(number())

    async def run(self, scope: Scope) -> None:
        self.result = await asyncio.to_thread(sum, range(1000))


class Joins(NodeType, title="Joins", category="test", pure=True):
    """Joins what a stream brings, and logs it."""

    source = Input(stream(string()))
    copy = Output(stream(string()))
    result = Output(string())

    async def run(self, scope: Scope) -> None:
        self.result = ""
        async for element in self.source.read():
            self.result += str(element)
            self.copy.send(element)
        self.copy.close()
        scope.log(self.result)


class Repeats(NodeType, title="Repeats", category="test", pure=True):
    """Says what it gets."""

    value = Input(any_value())
    said = Output(any_value())

    def run(self, scope: Scope) -> None:
        self.said = self.value


class NoPort(NodeType, title="No Port", category="test", pure=True):
    """Does what no node may."""

    def run(self, scope: Scope) -> None:
        scope.resolve("missing")


def test_one_node_is_run_with_its_values_and_defaults() -> None:
    ended = run_node(Repeats, {"value": {"a": [1, None]}})

    ended.assert_completed()
    assert ended.values == {"value": {"a": [1, None]}, "said": {"a": [1, None]}}


def test_a_flow_that_sleeps_for_months_ends_at_its_time() -> None:
    CountsCalls.calls.clear()

    ended = run_node(CountsCalls, {"first": MONTH, "second": 2 * MONTH}, world=World(start="2026-01-01"))

    ended.assert_completed()
    assert ended.lasted == timedelta(days=90)
    ended.assert_values(wokeAt=1_767_225_600_000 + 90 * 86_400_000)
    assert CountsCalls.calls == ["EXtest:node"] * 3


def test_a_short_sleep_does_not_call_the_body_again() -> None:
    CountsCalls.calls.clear()

    run_node(CountsCalls, {"first": 1, "second": 2}).assert_completed()

    assert len(CountsCalls.calls) == 1


def test_a_body_that_never_ends_times_out() -> None:
    options = ExecutionOptions(execution=Limits(node_timeout_ms=60_000))
    draft = FlowDraft()
    draft.add(NeverDone, node_id="never")

    ended = run_flow(draft, options=options)

    ended.node("never").assert_failed("timed out after 60000 ms")
    assert ended.lasted == timedelta(minutes=1)


def test_time_stands_still_while_a_thread_computes() -> None:
    ended = run_node(Computes)

    ended.assert_values(result=499_500)
    assert ended.lasted == timedelta()


def test_streams_are_values() -> None:
    ended = run_node(Joins, {"source": Stream(["a", "b"], closed=True)})

    ended.assert_values(result="ab", copy={"type": "stream", "buffer": ["a", "b"], "isClosed": True})
    assert ended.logged == ["ab"]


def test_http_and_secrets_are_those_of_the_test() -> None:
    world = World(secrets=FakeSecrets({"weather": {"value": "s3cret"}}))
    world.http.answer("get", "https://weather.example/today", json={"sky": "blue"}, status=203)

    ended = run_node(Asks, {"key": secret_value("string", "weather")}, world=world)

    ended.assert_values(answer='{"sky":"blue"}', status=203)
    (request,) = world.http.requests
    assert dict(request.headers) == {"authorization": "Bearer s3cret", "idempotency-key": "EXtest:node"}
    assert not any("s3cret" in str(event.payload) for event in ended.events)


def test_answers_come_in_their_order_and_the_last_one_is_repeated() -> None:
    http, url = FakeHttp(), "https://weather.example/today"
    http.fail("GET", url)
    http.answer("GET", url, text="late", status=500)
    http.answer("GET", url, text="fine", headers={"X-Sky": "blue"})
    values = {"key": secret_value("string", "weather")}
    world = World(http=http, secrets=FakeSecrets({"weather": {"value": "x"}}))

    run_node(Asks, values, world=world).assert_failed(f"{url} does not answer")
    run_node(Asks, values, world=world).assert_values(answer="late", status=500)
    run_node(Asks, values, world=world).assert_values(answer="fine", status=200)
    run_node(Asks, values, world=world).assert_values(answer="fine", status=200)


def test_what_a_test_has_not_prepared_fails_the_node() -> None:
    asked = {"key": secret_value("string", "weather")}

    run_node(Asks, asked).assert_failed("no secret 'weather' for tester")
    world = World(secrets=FakeSecrets({"weather": {"value": "x"}}))
    run_node(Asks, asked, world=world).assert_failed("no answer to GET https://weather.example/today")


def test_expressions_are_evaluated() -> None:
    draft = FlowDraft()
    draft.add("ExpressionNode", {"expression": "input.a", "input": {"input": {"a": 5}}}, node_id="e")
    draft.add("SleepNode", {"duration": 10_000}, node_id="s")

    ended = run_flow(draft)

    ended.node("e").assert_values(result=5)
    assert ended.lasted == timedelta(seconds=10)


def test_children_are_flows_that_ended() -> None:
    draft = FlowDraft()
    draft.add("EventEmitterNode", {"eventName": "ping", "payload": {"n": 1}}, node_id="emitter")
    draft.add("EventListenerNodeV2", {"eventName": "ping"}, node_id="listener")

    ended = run_flow(draft)

    ended.assert_completed()
    (child,) = ended.children
    child.node("listener").assert_values(eventPayload={"n": 1})
    assert ended.node("listener").status != "completed"


def test_a_flow_can_be_run_for_an_event() -> None:
    draft = FlowDraft()
    draft.add("EventListenerNodeV2", {"eventName": "ping"}, node_id="listener")

    ended = run_flow(draft, event=ExternalEvent("ping", {"n": 2}))

    ended.node("listener").assert_values(eventPayload={"n": 2})


def test_a_flow_can_fail_with_its_node() -> None:
    draft = FlowDraft()
    draft.add(NoPort, node_id="bad")

    ended = run_flow(draft, options=ExecutionOptions(on_node_failure=OnNodeFailure.FAIL))

    ended.assert_failed("has no port missing")


def test_a_flow_stays_at_its_breakpoint() -> None:
    draft = FlowDraft()
    draft.add("NumberNode", {"num": 1}, node_id="n")

    ended = run_flow(draft, options=ExecutionOptions(breakpoints=("n",)))

    assert ended.status == "paused"
    ended.assert_events("debug:breakpoint-hit n")


def test_a_document_is_run_with_the_types_that_it_has() -> None:
    draft = FlowDraft()
    draft.add(Repeats, {"value": 1}, node_id="r")

    run_flow(draft.document, node_types=[Repeats]).node("r").assert_values(said=1)
    with pytest.raises(Rejected, match="there is no node type 'Repeats'"):
        run_flow(draft.document)


def test_drafts_refuse_what_is_not_there() -> None:
    draft = FlowDraft()
    draft.add("NumberNode", node_id="n")

    with pytest.raises(Rejected, match="NumberNode has no port 'number'; it has num"):
        draft.add("NumberNode", {"number": 1})
    with pytest.raises(Rejected, match="there is no node type 'Missing'"):
        draft.add("Missing")
    with pytest.raises(Rejected, match="there is another node 'n'"):
        draft.add("NumberNode", node_id="n")


def test_nodes_of_a_draft_have_names_of_their_own() -> None:
    draft = FlowDraft([Repeats])

    assert [draft.add("Repeats"), draft.add("Repeats"), draft.add("TextNode")] == [
        "Repeats1",
        "Repeats2",
        "TextNode1",
    ]


def test_a_loop_in_which_nothing_can_happen_is_told() -> None:
    with pytest.raises(RuntimeError, match="everybody waits for somebody else"):
        run_in_virtual_time(asyncio.Event().wait())
