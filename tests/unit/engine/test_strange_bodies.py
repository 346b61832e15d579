"""Whatever a third party's body does, its node fails: the run goes on, and its record can be stored."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from chaingraph.engine.bodies import CANCELLED, problem_of, wait_ms
from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.kinds import any_value, stream, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.streams import Stream
from chaingraph.testing import EndedFlow, FlowDraft, run_flow

LEFT: set[asyncio.Task[None]] = set()
CYCLE: list[object] = []
CYCLE.append(CYCLE)


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even that")


class Severe(BaseException):
    """None of the errors that a program expects."""


class Body(NodeType, title="Body", category="test"):
    """Declares ports; the tests say what it does."""

    given = Input(any_value())
    out = Output(any_value())
    words = Output(stream(string()))
    text = Output(string())


Does = Callable[[Any, Scope], object]


def computes(does: Does) -> type[NodeType]:
    class Computes(Body, title="Computes", category="test", pure=True):
        def run(self, scope: Scope) -> None:
            does(self, scope)

    return Computes


def waits(does: Does) -> type[NodeType]:
    class Waits(Body, title="Waits", category="test"):
        async def run(self, scope: Scope) -> None:
            done = does(self, scope)
            if isinstance(done, Awaitable):
                await done

    return Waits


def ran(node_type: type[NodeType]) -> EndedFlow:
    """It and a node that has nothing to do with it, which has to come to its end."""
    draft = FlowDraft()
    draft.add(node_type, node_id="strange")
    draft.add("TextNode", {"text": "fine"}, node_id="other")
    ended = run_flow(draft)
    assert ended.status == "completed"
    assert ended.node("other").status == "completed"
    return ended


def error_of(node_type: type[NodeType]) -> str:
    ended = ran(node_type).node("strange")
    assert ended.status == "error"
    return ended.error


def raises(error: BaseException) -> Does:
    def does(_: object, __: Scope) -> None:
        raise error

    return does


BOTH = pytest.mark.parametrize("kind", [computes, waits])


@BOTH
@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("half \ud83d of a character"), "half \ufffd of a character"),
        (RuntimeError(), "Unknown error during execution (RuntimeError)"),
        (Mute(), "Unknown error during execution (Mute)"),
        (Severe("very"), "Severe: very"),
        (SystemExit(3), "SystemExit: 3"),
        (GeneratorExit(), "Unknown error during execution (GeneratorExit)"),
        (RecursionError("too deep"), "too deep"),
    ],
)
def test_what_a_body_raises_is_its_nodes_error(
    kind: Callable[[Does], type[NodeType]], error: BaseException, message: str
) -> None:
    assert error_of(kind(raises(error))) == message


@BOTH
def test_what_the_making_of_a_node_raises_is_its_nodes_error(kind: Callable[[Does], type[NodeType]]) -> None:
    class Unmade(kind(lambda _, __: None), title="Unmade", category="test", pure=kind is computes):
        def __init__(self, values: dict[Any, object]) -> None:  # noqa: ARG002
            raise OSError("no model on disk")

    assert error_of(Unmade) == "no model on disk"


def test_a_keyboard_interrupt_is_not_a_nodes_affair() -> None:
    with pytest.raises(KeyboardInterrupt):
        ran(computes(raises(KeyboardInterrupt())))


def _cancel_oneself(_: object, __: Scope) -> Awaitable[None]:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    return asyncio.sleep(1)


@pytest.mark.parametrize("does", [raises(asyncio.CancelledError()), _cancel_oneself])
def test_a_body_that_cancels_itself_fails_at_once(does: Does) -> None:
    ended = ran(waits(does))

    assert ended.node("strange").error == CANCELLED
    assert ended.lasted.total_seconds() < 1


def test_a_body_that_forgets_to_wait_is_told_so() -> None:
    class Forgets(Body, title="Forgets", category="test", pure=True):
        def run(self, scope: Scope) -> Awaitable[None] | None:  # noqa: ARG002
            return self._later()

        async def _later(self) -> None:
            self.out = 1

    assert error_of(Forgets) == "`run` has to be `async def` where it waits"


@BOTH
@pytest.mark.parametrize(
    "value", [object(), {1}, (1, 2), b"x", CYCLE, float("nan"), float("-inf"), 10**400, {"a": [object()]}]
)
def test_a_value_that_cannot_be_stored_fails_the_node(
    kind: Callable[[Does], type[NodeType]], value: object
) -> None:
    assert "cannot" in error_of(kind(lambda node, _: setattr(node, "out", value)))


@BOTH
@pytest.mark.parametrize("payload", [object(), CYCLE, {"a": {1}}, float("inf")])
def test_an_event_that_is_no_json_fails_its_emitter(
    kind: Callable[[Does], type[NodeType]], payload: object
) -> None:
    assert "cannot" in error_of(kind(lambda _, scope: scope.emit("ping", payload)))


@pytest.mark.parametrize("payload", ["\ud800", 10**30, {1: {None: 2}}, [Stream(["a"], closed=True)]])
def test_an_event_that_can_be_made_json_is_emitted(payload: object) -> None:
    ended = ran(computes(lambda _, scope: scope.emit("ping\ud800", payload)))

    assert ended.node("strange").status == "completed"
    assert len(ended.children) == 1


def test_an_emitted_payload_does_not_change_any_more() -> None:
    def does(_: object, scope: Scope) -> None:
        payload = {"n": 1}
        scope.emit("ping", payload)
        payload["n"] = 2

    (spawned,) = [event for event in ran(computes(does)).events if event.type == "child:spawned"]

    assert spawned.payload["eventData"] == {"n": 1}


@pytest.mark.parametrize("seconds", [1e30, float("inf"), float("nan"), "soon", None, True])
def test_a_wait_without_an_end_fails_the_node(seconds: Any) -> None:
    assert "wait" in error_of(waits(lambda _, scope: scope.sleep(seconds)))


def test_a_wait_of_less_than_nothing_is_none() -> None:
    assert wait_ms(-5) == 0
    assert wait_ms(0.0015) == 2
    with pytest.raises(Rejected, match="100 years"):
        wait_ms(1e10)


@pytest.mark.parametrize("log", [5, None, "\ud800", object()])
def test_a_log_line_is_a_text(log: Any) -> None:
    ended = ran(computes(lambda _, scope: scope.log(log)))

    assert ended.node("strange").status == "completed"
    (line,) = ended.node("strange").logged
    assert isinstance(line, str)


@pytest.mark.parametrize("error", [5, None, object(), "half \ud800"])
def test_a_stream_fails_with_a_text(error: Any) -> None:
    def does(node: Any, scope: Scope) -> None:
        scope.resolve("words")
        node.words.fail(error)

    ended = ran(waits(does))

    assert ended.node("strange").status == "completed"


@pytest.mark.parametrize("element", [object(), CYCLE, {1}])
def test_an_element_that_cannot_be_stored_fails_its_producer(element: object) -> None:
    async def send(node: Any, scope: Scope) -> None:
        scope.resolve("words")
        node.words.send("good")
        node.words.send(element)
        await scope.sleep(1)

    assert "cannot" in error_of(waits(send))


def test_a_stream_in_itself_fails_its_producer() -> None:
    def does(node: Any, _: Scope) -> None:
        node.words.send(node.words)

    assert "deeper than" in error_of(waits(does))


SPEAKS: list[Callable[[Scope], object]] = [
    lambda scope: scope.log("late"),
    lambda scope: scope.emit("late", 1),
    lambda scope: scope.resolve("words"),
    lambda scope: scope.sleep(9),
]


@pytest.mark.parametrize("does", SPEAKS)
def test_what_a_body_leaves_behind_says_nothing_after_the_nodes_end(does: Callable[[Scope], object]) -> None:
    refused: list[str] = []

    async def late(scope: Scope) -> None:
        await asyncio.sleep(1)
        try:
            done = does(scope)
            await (done if isinstance(done, Awaitable) else asyncio.sleep(0))
        except Rejected as refusal:
            refused.append(refusal.message)

    class Leaves(Body, title="Leaves", category="test"):
        async def run(self, scope: Scope) -> None:
            LEFT.add(asyncio.create_task(late(scope)))

    draft = FlowDraft()
    draft.add(Leaves, node_id="leaves")
    draft.add("SleepNode", {"duration": 3000}, node_id="other")
    ended = run_flow(draft)

    assert refused == ["node leaves has ended"]
    assert ended.node("leaves").events[-1].type == "node:completed"
    assert ended.children == []


def test_a_port_that_is_not_there_cannot_be_resolved() -> None:
    assert "no port elsewhere" in error_of(computes(lambda _, scope: scope.resolve("elsewhere")))


def _fails_to_redact(form: object) -> object:
    raise KeyError(form)


def _redacts_to_nonsense(_: object) -> object:
    return {1, 2}


@pytest.mark.parametrize("redact", [_fails_to_redact, _redacts_to_nonsense])
def test_a_port_whose_redaction_fails_shows_nothing(redact: Callable[[object], object]) -> None:
    class Hides(NodeType, title="Hides", category="test", pure=True):
        """Has something to hide."""

        word = Output(any_value(), redact=redact)

        def run(self, scope: Scope) -> None:  # noqa: ARG002
            self.word = "hunter2"

    ended = ran(Hides).node("strange")

    assert ended.status == "completed"
    assert "hunter2" not in str(ended.events)
    assert "[redacted]" in str(ended.events)


def test_values_of_ports_that_nobody_declared_are_left_out() -> None:
    ended = ran(computes(lambda node, _: node.values.update({"hidden": object(), 5: 6})))

    assert ended.node("strange").status == "completed"
    assert "hidden" not in ended.node("strange").values


def test_what_an_error_says_can_be_stored() -> None:
    assert orjson.dumps(problem_of(ValueError("\udfff")))
