"""Which nodes are ready: those whose wired ports all have a resolved source."""

from collections import deque
from collections.abc import Iterable, Sequence

from chaingraph.engine.node_run import NodeRun, Phase
from chaingraph.engine.plan import Plan


class Readiness:
    """The ready queue (first in, first out) and what fills it."""

    def __init__(self, plan: Plan, nodes: Sequence[NodeRun]) -> None:
        self.queue: deque[NodeRun] = deque()
        self._nodes = nodes
        self._waiting = plan.waiting
        self._resolved = bytearray(len(plan.waiting))

    def is_resolved(self, output: int) -> bool:
        return bool(self._resolved[output])

    def queue_first(self) -> None:
        """Queue what nothing has to come before. Nodes that may not run count as finished for their group."""
        for node in self._nodes:
            if node.phase is Phase.EXCLUDED and not node.plan.slots and not node.plan.child_count:
                self.child_ended(node)
        for node in self._nodes:
            if node.phase is Phase.IDLE and self._is_ready(node) and not node.children_left:
                self._enqueue(node)

    def resolve(self, outputs: Iterable[int]) -> None:
        """Resolve ports in this order; nodes that become ready are queued, in flow order for one port."""
        for output in outputs:
            if not self._resolved[output]:
                self._resolved[output] = 1
                self._satisfy(output)

    def take(self, place: int) -> NodeRun:
        """Take a node out of the queue."""
        if place == 0:
            return self.queue.popleft()
        node = self.queue[place]
        del self.queue[place]
        return node

    def child_ended(self, node: NodeRun) -> None:
        """A group without edges runs after its last child."""
        if node.plan.parent is None:
            return
        parent = self._nodes[node.plan.parent]
        parent.children_left -= 1
        if parent.children_left == 0 and not parent.plan.slots:
            self._enqueue(parent)

    def put_started_first(self) -> None:
        """What had started in an earlier slice goes on before anything new starts."""
        self.queue = deque(sorted(self.queue, key=lambda node: node.ready_links is None))

    def _satisfy(self, output: int) -> None:
        for position, slot in self._waiting[output]:
            node = self._nodes[position]
            if not node.satisfied[slot]:
                node.satisfied[slot] = True
                node.unsatisfied -= 1
            if node.phase is Phase.IDLE and self._is_ready(node):
                self._enqueue(node)

    def _is_ready(self, node: NodeRun) -> bool:
        if node.ready_links is not None:
            return all(self._resolved[link.output] for link in node.ready_links)
        return not node.unsatisfied

    def _enqueue(self, node: NodeRun) -> None:
        if node.phase is Phase.IDLE:
            node.phase = Phase.QUEUED
            self.queue.append(node)
