"""Credentials are in no event and in no result of the node that uses them, and are there after a crash."""

import asyncio
from collections.abc import Iterable, Mapping

import orjson

from chaingraph.engine.driver import Driver
from chaingraph.engine.identity import RunIdentity, TreeLimits
from chaingraph.engine.plan import Plan, plan_of
from chaingraph.engine.recorder import Recorder
from chaingraph.engine.run import Run
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.options import ExecutionOptions
from chaingraph.execution.results import ResultStatus
from chaingraph.graph.document import load_flow
from chaingraph.graph.facilities import Facilities
from chaingraph.graph.redaction import REDACTED
from chaingraph.graph.secrets import WrittenSecret, reference_value
from chaingraph.ids import EventIndex, NodeId
from chaingraph.nodes.built_in import built_in_node_types
from chaingraph.testing import FlowDraft, World, run_flow
from tests.fakes.facilities import FakeHttpClient, FakeLanguageModels, FakeSecretVault, facilities
from tests.flow_documents import edge, flow, node
from tests.unit.engine.stepping import Store, identity

WORD = "hunter2"
HEADERS_OF = {"a": {"Authorization": f"Bearer {WORD}"}, "b": {"X-Api-Key": WORD}}


class _Journal:
    """Everything is durable at once; keeps the store after every write."""

    def __init__(self, store: Store, recorder: Recorder) -> None:
        self.store = store
        self.before: list[Store] = []
        self._recorder = recorder

    def wrote(self) -> None:
        if not self._recorder.is_empty:
            self.before.append(self.store.copy())
            self.store.write(self._recorder.take())

    async def flush(self) -> None:
        self.wrote()


def compiled(document: Mapping[str, object]) -> Plan:
    return plan_of(load_flow(orjson.dumps(document), built_in_node_types()))


def driven(plan: Plan, store: Store, known: Facilities, who: RunIdentity | None = None) -> list[Store]:
    """Run what is left; answers the store as it was before every write."""
    recorder = Recorder(EventIndex(len(store.events)))
    run = Run(
        plan, identity=who or identity(), options=ExecutionOptions(), limits=TreeLimits(), recorder=recorder
    )
    journal = _Journal(store, recorder)
    if store.events:
        run.restore(store.loaded(), ())
    else:
        run.begin(0)

    async def drive() -> None:
        driver = Driver(run, journal=journal, clock=lambda: 0, active_ms=0, facilities=known)
        await asyncio.wait_for(driver.drive(), 10)

    asyncio.run(drive())
    run.complete_flow(0, 0)
    journal.wrote()
    return journal.before


def results_of(store: Store, node_ids: Iterable[str]) -> bytes:
    return b"".join(store.results[NodeId(node_id)].detail for node_id in node_ids)


def events_of(store: Store) -> bytes:
    return b"".join(event.payload for event in store.events)


def request_flow() -> dict[str, object]:
    """A header that comes over an edge, another one that stands in the document."""
    nodes = [
        node("TextNode", "text", text=f"Authorization: Bearer {WORD}"),
        node("HttpRequestNode", "wired", baseUri="https://api.example", path="/a"),
        node(
            "HttpRequestNode",
            "stored",
            baseUri="https://api.example",
            path="/b",
            headers=f"X-Api-Key: {WORD}",
        ),
        node("DebugLogNode", "log"),
    ]
    edges = [edge("e1", "text.text", "wired.headers"), edge("e2", "text.text", "log.message")]
    return flow(nodes, edges)


def test_a_header_is_sent_and_shown_nowhere() -> None:
    http, store = FakeHttpClient(), Store()

    driven(compiled(request_flow()), store, facilities(http=http))

    assert {request.url[-1]: dict(request.headers) for request in http.sent} == HEADERS_OF
    assert WORD.encode() not in events_of(store)
    assert REDACTED.encode() in events_of(store)
    assert WORD.encode() not in results_of(store, ("wired", "stored"))


def test_after_a_crash_the_header_is_sent_as_it_was() -> None:
    plan = compiled(request_flow())

    for store in driven(plan, Store(), facilities(http=FakeHttpClient())):
        http = FakeHttpClient()
        driven(plan, store, facilities(http=http))
        assert all(dict(request.headers) == HEADERS_OF[request.url[-1]] for request in http.sent)


def secret_flow() -> dict[str, object]:
    """A secret that is written in the flow, whose words come over an edge, and one from the vault."""
    nodes = [
        node("TextNode", "text", text=WORD),
        node("UnencryptedSecret", "written", secretType="openai", unencryptedData={"apiKey": ""}),
        node("SecretNode", "kept", secretID="key"),
        node("LLMCallNode", "one", prompt="1", model="gpt-4o"),
        node("LLMCallNode", "two", prompt="2", model="gpt-4o"),
    ]
    edges = [
        edge("e1", "text.text", "written.unencryptedData.apiKey"),
        edge("e2", "written.secret", "one.apiKey"),
        edge("e3", "kept.secret", "two.apiKey"),
    ]
    for port in nodes[1]["ports"]:
        if port["config"]["key"] == "unencryptedData":
            port["config"]["schema"] = {"type": "object", "properties": {"apiKey": {"type": "string"}}}
    return flow(nodes, edges)


def test_a_secret_reaches_the_body_that_uses_it_and_nothing_else() -> None:
    models, store = FakeLanguageModels(), Store()
    vault = FakeSecretVault({"key": {"value": f"kept-{WORD}"}})

    driven(compiled(secret_flow()), store, facilities(models=models, secrets=vault))

    keys = {call.messages[0].text: call.api_key for call in models.calls}
    assert {prompt: key and dict(key.fields) for prompt, key in keys.items()} == {
        "1": {"apiKey": WORD},
        "2": {"value": f"kept-{WORD}"},
    }
    shown = events_of(store).replace(b'"text":"' + WORD.encode(), b"")
    assert WORD.encode() not in shown
    assert WORD.encode() not in results_of(store, ("written", "kept", "one", "two"))


def test_after_a_crash_a_secret_is_read_again() -> None:
    plan, vault = compiled(secret_flow()), FakeSecretVault({"key": {"value": WORD}})

    for store in driven(plan, Store(), facilities(models=FakeLanguageModels(), secrets=vault)):
        models = FakeLanguageModels()
        driven(plan, store, facilities(models=models, secrets=vault))
        ended = (result for result in store.results.values() if result.status is ResultStatus.FAILED)
        assert not list(ended)
        assert all(call.api_key and WORD in call.api_key.fields.values() for call in models.calls)


def test_a_secret_in_an_event_is_read_by_the_child_that_runs_for_it() -> None:
    """The child runs the same flow: what a reference means is the same there."""
    event = ExternalEvent("asked", {"key": reference_value(WrittenSecret("openai", NodeId("written")))})
    listener = node("EventListenerNodeV2", "listener", eventName="asked")
    for port in listener["ports"]:
        if port["config"]["key"] == "eventPayload":
            properties = {"key": {"type": "secret", "secretType": "openai"}}
            port["config"]["schema"] = {"type": "object", "properties": properties}
    nodes = [
        node("UnencryptedSecret", "written", secretType="openai", unencryptedData={"apiKey": WORD}),
        listener,
        node("LLMCallNode", "one", prompt="1", model="gpt-4o"),
    ]
    models, store = FakeLanguageModels(), Store()

    driven(
        compiled(flow(nodes, [edge("e", "listener.eventPayload.key", "one.apiKey")])),
        store,
        facilities(models=models),
        identity(event),
    )

    assert [call.api_key and call.api_key.word("apiKey") for call in models.calls] == [WORD]
    assert WORD.encode() not in events_of(store)


def test_headers_for_a_called_flow_are_not_shown() -> None:
    """Neither by the caller nor by the called flow, though only a third one sends a request."""
    headers = {"Authorization": f"Bearer {WORD}"}
    caller = FlowDraft()
    caller.add("CallFlowNode", {"flowId": "V2called", "inputs": {"headers": headers}}, node_id="call")
    called = FlowDraft()
    called.add("SubFlowInputNode", node_id="in")
    called.add("SubFlowOutputNode", node_id="out")
    called.join("in.inputs", "out.outputs")

    ended = run_flow(caller, world=World(flows={"V2called": called}))

    assert ended.node("call").values["outputs"] == {"headers": headers}
    shown = str([ended.events, ended.children[0].events])
    assert WORD not in shown
    assert REDACTED in shown


def test_headers_in_an_event_from_outside_are_not_shown() -> None:
    event = ExternalEvent("hook", {"headers": {"X-Api-Key": WORD}})
    store = Store()

    driven(
        compiled(flow([node("EventListenerNodeV2", "listener", eventName="hook")])),
        store,
        facilities(),
        identity(event),
    )

    assert WORD.encode() not in events_of(store)
    assert REDACTED.encode() in events_of(store)


def test_a_flow_without_such_nodes_shows_every_text() -> None:
    store = Store()
    nodes = [node("TextNode", "text"), node("DebugLogNode", "log", message="Authorization: Basic")]

    driven(compiled(flow(nodes)), store, facilities())

    assert b"Authorization: Basic" in events_of(store)
