"""The producer that cases of streams use; its behavior is described in those cases."""

from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.kinds import array, boolean, number, stream, string
from chaingraph.graph.node_types import NodeType, Scope


class TestStreamSource(NodeType, title="Test Stream Source", category="test", pure=True):
    """Sends its items to a stream, with a delay before each, and may fail after the last one."""

    __test__ = False

    items = Input(array(string()))
    delayMs = Input(number())  # noqa: N815 - the name of the port
    failWith = Input(string())  # noqa: N815 - the name of the port
    closeOnFail = Input(boolean(default=True))  # noqa: N815 - the name of the port
    resolveEarly = Input(boolean(default=True))  # noqa: N815 - the name of the port
    out = Output(stream(string()))
    sent = Output(number())

    async def run(self, scope: Scope) -> None:
        if self.resolveEarly:
            scope.resolve("out")
        for text in self.items:
            if self.delayMs > 0:
                await scope.sleep(self.delayMs / 1000)
            self.out.send(text)
            self.sent += 1
        if self.failWith:
            self._fail()
        self.out.close()

    def _fail(self) -> None:
        if self.closeOnFail:
            self.out.fail(self.failWith)
        raise RuntimeError(self.failWith)
