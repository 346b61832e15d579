"""Node types that the acceptance list speaks of."""

import asyncio

from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.kinds import any_value, array, number, stream, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.streams import Stream

CATEGORY = "test"


class Sum(NodeType, title="Sum", category=CATEGORY, pure=True):
    """Adds two numbers."""

    a = Input(number(), key="A")
    b = Input(number(), key="B")
    output = Output(number())

    def run(self, scope: Scope) -> None:
        self.output = self.a + self.b


class Throws(NodeType, title="Throws", category=CATEGORY, pure=True):
    """Fails with its message."""

    message = Input(string())
    output = Output(string())

    def run(self, scope: Scope) -> None:
        raise RuntimeError(self.message)


class FailsInRoots(NodeType, title="Fails In Roots", category=CATEGORY, pure=True):
    """Succeeds in a child execution only."""

    output = Output(string())

    def run(self, scope: Scope) -> None:
        if scope.parent_execution_id is None:
            raise RuntimeError("not here")
        self.output = "good"


class Appends(NodeType, title="Appends", category=CATEGORY, pure=True):
    """Appends to the very array that it was given."""

    elements = Input(array(number()))
    output = Output(array(number()))

    def run(self, scope: Scope) -> None:
        self.elements.append(4)
        self.output = self.elements


class Demands(NodeType, title="Demands", category=CATEGORY, pure=True):
    """Wants a value."""

    wanted = Input(any_value(), required=True)
    output = Output(any_value())

    def run(self, scope: Scope) -> None:
        self.output = self.wanted


class GivesNothing(NodeType, title="Gives Nothing", category=CATEGORY, pure=True):
    """Has an output and leaves it without a value."""

    output = Output(any_value())

    def run(self, scope: Scope) -> None:
        return


class Waits(NodeType, title="Waits", category=CATEGORY, pure=True):
    """Waits for ever, and says when it is cancelled."""

    output = Output(string())

    async def run(self, scope: Scope) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            scope.log("cancelled")
            raise


class Counts(NodeType, title="Counts", category=CATEGORY, pure=True):
    """Sends numbers to a stream, and lets others run after each."""

    start = Input(number())
    step = Input(number(default=1))
    stop = Input(number(default=100))
    out = Output(stream(number()))
    sent = Output(number())

    async def run(self, scope: Scope) -> None:
        scope.resolve("out")
        for each in range(int(self.start), int(self.stop), int(self.step)):
            self.out.send(each)
            self.sent += 1
            await asyncio.sleep(0)
        self.out.close()


class Merges(NodeType, title="Merges", category=CATEGORY, pure=True):
    """Sends what comes from either of two streams to one."""

    first = Input(stream(number()))
    second = Input(stream(number()))
    merged = Output(stream(number()))

    async def run(self, scope: Scope) -> None:
        await asyncio.gather(self._forward(self.first), self._forward(self.second))
        self.merged.close()

    async def _forward(self, source: Stream) -> None:
        async for element in source.read():
            self.merged.send(element)


class Abandons(NodeType, title="Abandons", category=CATEGORY, pure=True):
    """Fails with its stream open."""

    out = Output(stream(string()))

    async def run(self, scope: Scope) -> None:
        scope.resolve("out")
        self.out.send("a")
        await asyncio.sleep(0)
        raise RuntimeError("out of paper")


class EmitsThree(NodeType, title="Emits Three", category=CATEGORY, pure=True):
    """Emits three events."""

    a = Input(any_value())

    def run(self, scope: Scope) -> None:
        for place, name in enumerate(("one", "two", "three"), start=1):
            scope.emit(name, {"place": place})


NODE_TYPES = (
    Abandons,
    Appends,
    Counts,
    Demands,
    EmitsThree,
    FailsInRoots,
    GivesNothing,
    Merges,
    Sum,
    Throws,
    Waits,
)
