"""Node types whose bodies write down in a ledger what they run on."""

import asyncio

from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.kinds import boolean, number, stream, string
from chaingraph.graph.node_types import NodeType, NodeTypes, Scope
from chaingraph.nodes.events import EventListener
from tests.fault.ledger import Ledger

TURN_SECONDS = 0.003


def node_types(ledger: Ledger) -> NodeTypes:
    return NodeTypes.of(
        EventListener, *_computing(ledger), *_waiting(ledger), *_with_effects(ledger), *_of_children(ledger)
    )


def _computing(ledger: Ledger) -> tuple[type[NodeType], ...]:
    class Plus(NodeType, title="Plus", category="test", pure=True):
        """Adds."""

        a = Input(number())
        b = Input(number(default=1))
        result = Output(number())

        def run(self, scope: Scope) -> None:
            ledger.begin(scope, is_pure=True, a=self.a, b=self.b)
            self.result = self.a + self.b

    class Parity(NodeType, title="Parity", category="test", pure=True):
        """Tells even from odd."""

        a = Input(number())
        even = Output(boolean())
        odd = Output(boolean())

        def run(self, scope: Scope) -> None:
            ledger.begin(scope, is_pure=True, a=self.a)
            self.even = self.a % 2 == 0
            self.odd = not self.even

    class Breaks(NodeType, title="Breaks", category="test", pure=True):
        """Fails."""

        a = Input(number())
        result = Output(number())

        def run(self, scope: Scope) -> None:
            ledger.begin(scope, is_pure=True, a=self.a)
            raise ValueError(f"{self.a} is too much")

    class Length(NodeType, title="Length", category="test", pure=True):
        """Counts the characters of a text."""

        text = Input(string())
        result = Output(number())

        def run(self, scope: Scope) -> None:
            ledger.begin(scope, is_pure=True, text=self.text)
            self.result = len(self.text)

    return (Plus, Parity, Breaks, Length)


def _waiting(ledger: Ledger) -> tuple[type[NodeType], ...]:
    class Ponders(NodeType, title="Ponders", category="test", pure=True):
        """Doubles, slowly."""

        a = Input(number())
        result = Output(number())

        async def run(self, scope: Scope) -> None:
            ledger.begin(scope, is_pure=True, a=self.a)
            await asyncio.sleep(TURN_SECONDS)
            self.result = 2 * self.a

    class Naps(NodeType, title="Naps", category="test", pure=True):
        """Adds one after a sleep that is kept."""

        a = Input(number())
        seconds = Input(number(default=0.02))
        result = Output(number())

        async def run(self, scope: Scope) -> None:
            ledger.begin(scope, is_pure=True, a=self.a)
            await scope.sleep(self.seconds)
            self.result = self.a + 1

    class Sends(NodeType, title="Sends", category="test", pure=True):
        """Sends texts to a stream, which may be read meanwhile."""

        a = Input(number())
        texts = Output(stream(string()))
        result = Output(number())

        async def run(self, scope: Scope) -> None:
            ledger.begin(scope, is_pure=True, a=self.a)
            scope.resolve("texts")
            for place in range(3):
                self.texts.send(f"{self.a}.{place}")
                await asyncio.sleep(TURN_SECONDS)
            self.texts.close()
            self.result = 3

    class Joins(NodeType, title="Joins", category="test", pure=True):
        """Reads a stream to its end."""

        texts = Input(stream(string()))
        joined = Output(string())
        result = Output(number())

        async def run(self, scope: Scope) -> None:
            ledger.begin(scope, is_pure=True)
            read = [str(text) async for text in self.texts.read()]
            self.joined = ",".join(read)
            self.result = len(read)

    return (Ponders, Naps, Sends, Joins)


def _with_effects(ledger: Ledger) -> tuple[type[NodeType], ...]:
    class Charges(NodeType, title="Charges", category="test"):
        """Has an effect outside, which takes a while."""

        a = Input(number())
        result = Output(number())

        async def run(self, scope: Scope) -> None:
            ledger.begin(scope, is_pure=False, a=self.a)
            await asyncio.sleep(TURN_SECONDS)
            self.result = self.a + 100

    class Mails(NodeType, title="Mails", category="test"):
        """Has an effect outside at once."""

        a = Input(number())
        result = Output(number())

        def run(self, scope: Scope) -> None:
            ledger.begin(scope, is_pure=False, a=self.a)
            self.result = self.a + 10

    return (Charges, Mails)


def _of_children(ledger: Ledger) -> tuple[type[NodeType], ...]:
    class Emits(NodeType, title="Emits", category="test", pure=True):
        """Emits an event with its value."""

        a = Input(number())
        name = Input(string())
        result = Output(number())

        def run(self, scope: Scope) -> None:
            ledger.begin(scope, is_pure=True, a=self.a, name=self.name)
            scope.emit(self.name, {"value": self.a, "from": scope.node_id})
            self.result = self.a

    class Hears(NodeType, title="Hears", category="test", pure=True):
        """The value of the event that its execution runs for."""

        result = Output(number())

        def run(self, scope: Scope) -> None:
            ledger.begin(scope, is_pure=True)
            payload = scope.event_payload
            self.result = float(payload["value"]) if isinstance(payload, dict) else -1

    return (Emits, Hears)
