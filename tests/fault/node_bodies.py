"""Node types whose bodies write down in a ledger what they run on."""

import asyncio
from collections.abc import Mapping
from types import new_class
from typing import ClassVar, cast

from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.json_types import is_number, is_object
from chaingraph.graph.kinds import boolean, number, record, stream, string
from chaingraph.graph.node_types import NodeType, NodeTypes, Scope
from chaingraph.nodes import callbacks, sub_flows
from chaingraph.nodes.events import EventListener
from tests.fault.ledger import Ledger

TURN_SECONDS = 0.003


class Noted(NodeType, title="Noted", category="test"):
    """What the types below have in common."""

    ledger: ClassVar[Ledger] = Ledger()
    turn_seconds: ClassVar[float] = TURN_SECONDS

    def note(self, scope: Scope, **saw: object) -> None:
        self.ledger.begin(scope, is_pure=self.pure, saw=saw)


class Plus(Noted, title="Plus", category="test", pure=True):
    """Adds."""

    a = Input(number())
    b = Input(number(default=1))
    result = Output(number())

    def run(self, scope: Scope) -> None:
        self.note(scope, a=self.a, b=self.b)
        self.result = self.a + self.b


class Parity(Noted, title="Parity", category="test", pure=True):
    """Tells even from odd."""

    a = Input(number())
    even = Output(boolean())
    odd = Output(boolean())

    def run(self, scope: Scope) -> None:
        self.note(scope, a=self.a)
        self.even = self.a % 2 == 0
        self.odd = not self.even


class Breaks(Noted, title="Breaks", category="test", pure=True):
    """Fails."""

    a = Input(number())
    result = Output(number())

    def run(self, scope: Scope) -> None:
        self.note(scope, a=self.a)
        raise ValueError(f"{self.a} is too much")


class Length(Noted, title="Length", category="test", pure=True):
    """Counts the characters of a text."""

    text = Input(string())
    result = Output(number())

    def run(self, scope: Scope) -> None:
        self.note(scope, text=self.text)
        self.result = len(self.text)


class Ponders(Noted, title="Ponders", category="test", pure=True):
    """Doubles, slowly."""

    a = Input(number())
    result = Output(number())

    async def run(self, scope: Scope) -> None:
        self.note(scope, a=self.a)
        await asyncio.sleep(self.turn_seconds)
        self.result = 2 * self.a


class Naps(Noted, title="Naps", category="test", pure=True):
    """Adds one after a sleep that is kept."""

    a = Input(number())
    seconds = Input(number(default=0.02))
    result = Output(number())

    async def run(self, scope: Scope) -> None:
        self.note(scope, a=self.a)
        await scope.sleep(self.seconds)
        self.result = self.a + 1


class Sends(Noted, title="Sends", category="test", pure=True):
    """Sends texts to a stream, which may be read meanwhile."""

    a = Input(number())
    texts = Output(stream(string()))
    result = Output(number())

    async def run(self, scope: Scope) -> None:
        self.note(scope, a=self.a)
        scope.resolve("texts")
        for place in range(3):
            self.texts.send(f"{self.a}.{place}")
            await asyncio.sleep(self.turn_seconds)
        self.texts.close()
        self.result = 3


class Joins(Noted, title="Joins", category="test", pure=True):
    """Reads a stream to its end."""

    texts = Input(stream(string()))
    joined = Output(string())
    result = Output(number())

    async def run(self, scope: Scope) -> None:
        self.note(scope)
        read = [str(text) async for text in self.texts.read()]
        self.joined = ",".join(read)
        self.result = len(read)


class Charges(Noted, title="Charges", category="test"):
    """Has an effect outside, which takes a while."""

    a = Input(number())
    result = Output(number())

    async def run(self, scope: Scope) -> None:
        self.note(scope, a=self.a)
        await asyncio.sleep(self.turn_seconds)
        self.result = self.a + 100


class Mails(Noted, title="Mails", category="test"):
    """Has an effect outside at once."""

    a = Input(number())
    result = Output(number())

    def run(self, scope: Scope) -> None:
        self.note(scope, a=self.a)
        self.result = self.a + 10


class Emits(Noted, title="Emits", category="test", pure=True):
    """Emits an event with its value."""

    a = Input(number())
    name = Input(string())
    result = Output(number())

    def run(self, scope: Scope) -> None:
        self.note(scope, a=self.a, name=self.name)
        scope.emit(self.name, {"value": self.a, "from": scope.node_id})
        self.result = self.a


class Hears(Noted, title="Hears", category="test", pure=True):
    """The value of the event that its execution runs for."""

    result = Output(number())

    def run(self, scope: Scope) -> None:
        self.note(scope)
        payload = scope.event_payload
        value = payload["value"] if is_object(payload) else None
        self.result = value if isinstance(value, int | float) else -1


class Bills(Noted, title="Bills", category="test"):
    """Has an effect outside for what it is given: twice `n`, or the element. Refuses negative numbers."""

    given = Input(record(schema_is_mutable=True))
    result = Output(record(schema_is_mutable=True))

    async def run(self, scope: Scope) -> None:
        self.note(scope)
        await asyncio.sleep(self.turn_seconds)
        n = self.given.get("n", self.given.get("element"))
        if not is_number(n) or n < 0:
            raise ValueError(f"{n} is refused")
        self.result = {"twice": n * 2}


NODE_TYPES = (Plus, Parity, Breaks, Length, Ponders, Naps, Sends, Joins, Charges, Mails, Emits, Hears, Bills)
OUTSIDE = (EventListener, *callbacks.NODE_TYPES, *sub_flows.NODE_TYPES)


def node_types(ledger: Ledger) -> NodeTypes:
    """The types above, writing to this ledger, and those that wait for somebody outside."""
    return NodeTypes.of(*OUTSIDE, *types_writing_to(ledger))


def types_writing_to(ledger: Ledger, turn_seconds: float = TURN_SECONDS) -> tuple[type[NodeType], ...]:
    given = {"ledger": ledger, "turn_seconds": turn_seconds}
    return tuple(_made(node_type, given) for node_type in NODE_TYPES)


def _made(node_type: type[Noted], given: Mapping[str, object]) -> type[NodeType]:
    head = {"title": node_type.title, "category": "test", "pure": node_type.pure}
    made = new_class(node_type.__name__, (node_type,), head, lambda body: body.update(given))
    return cast("type[NodeType]", made)
