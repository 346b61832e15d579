"""Attempts of a node: its waits, its retries, and what its body begins with when it runs again."""

from collections.abc import Sequence
from zlib import crc32

from chaingraph.engine.checkpoint import restore_inputs, started_result
from chaingraph.engine.chunks import Chunks
from chaingraph.engine.identity import RunIdentity
from chaingraph.engine.node_events import NodeEvents
from chaingraph.engine.node_run import NodeRun, Wait
from chaingraph.engine.plan import is_part
from chaingraph.engine.recorder import Recorder
from chaingraph.engine.spawning import Spawning
from chaingraph.engine.transfers import transfer
from chaingraph.graph.streams import is_stream
from chaingraph.ids import PortId

LIVE_KINDS = frozenset({"stream", "any"})


class Attempts:
    """Every method is one decision; what it changes is in the record when it returns."""

    def __init__(
        self,
        nodes: Sequence[NodeRun],
        identity: RunIdentity,
        recorder: Recorder,
        spawning: Spawning,
        chunks: Chunks,
    ) -> None:
        self._nodes = nodes
        self._identity = identity
        self._recorder = recorder
        self._spawning = spawning
        self._chunks = chunks
        self._events = NodeEvents(recorder)

    def wait(self, node: NodeRun, ordinal: int, milliseconds: int, now_ms: int) -> Wait:
        """The body's wait of that number: begun now, or the one that an earlier slice has begun."""
        if ordinal == len(node.waits):
            node.waits.append(Wait(now_ms, now_ms + milliseconds))
            self._recorder.result(started_result(node))
        return node.waits[ordinal]

    def retry(self, node: NodeRun, problem: str, now_ms: int) -> bool:
        """The body failed. True: it runs again, at `node.retry_at_ms`.

        What it emitted is taken back. A body fails for good once consumers have something of it: a value, or
        a stream in which there is something or will be nothing more.
        """
        policy = node.plan.node.retry
        if policy is None or node.tries + 1 >= policy.max_attempts:
            return False
        if not all(_is_untouched(node, port) for port in _waited_for(node)):
            return False
        self._chunks.node_ends(node, now_ms)
        node.tries += 1
        chance = crc32(f"{self._identity.execution_id}:{node.plan.node.id}:{node.tries}".encode())
        delay_ms = policy.delay_ms(node.tries, chance)
        node.retry_at_ms = now_ms + delay_ms
        node.waits, node.callbacks = [], []
        self._spawning.take_back(node)
        self._events.logged(
            node, f"attempt {node.tries} failed: {problem}; the next one in {delay_ms} ms", now_ms
        )
        self._recorder.result(started_result(node))
        return True

    def begin_try(self, node: NodeRun) -> None:
        """Give the body the values back that it began with; consumers wait for the streams that they have."""
        streams = {port: node.values[port] for port in _waited_for(node)}
        restore_inputs(node)
        node.values.update(streams)
        node.resolved_early = []
        self.take_live_values(node)

    def take_live_values(self, node: NodeRun) -> None:
        """What is not stored comes from its source again: streams, and values that may hold credentials."""
        for link in node.chosen:
            if link.root is not None and link.root.kind in LIVE_KINDS:
                transfer(link, self._nodes[link.source], node)
        self.take_redacted(node)

    def take_redacted(self, node: NodeRun) -> None:
        for link in node.chosen if node.plan.redactions else ():
            if link.target_root in node.plan.redactions:
                transfer(link, self._nodes[link.source], node)


def _waited_for(node: NodeRun) -> list[PortId]:
    """The ports on which consumers have started while the body went on."""
    wired = node.plan.output_numbers
    return [port for port in node.resolved_early if any(is_part(output, port) for output in wired)]


def _is_untouched(node: NodeRun, port: PortId) -> bool:
    stream = node.values.get(port)
    return is_stream(stream) and not stream.buffer and not stream.is_closed
