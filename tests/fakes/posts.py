from collections import defaultdict, deque

from chaingraph.ids import ConnectionId
from chaingraph.interfaces import PostOutcome

LARGEST = 128 * 1024


class FakePosts:
    """Every post arrives, unless `answers` holds other outcomes for a connection."""

    def __init__(self) -> None:
        self.messages: defaultdict[ConnectionId, list[bytes]] = defaultdict(list)
        self.answers: defaultdict[ConnectionId, deque[PostOutcome]] = defaultdict(deque)
        self.closed: list[ConnectionId] = []

    async def post(self, connection_id: ConnectionId, message: bytes) -> PostOutcome:
        if connection_id in self.closed:
            return PostOutcome.GONE
        if len(message) > LARGEST:
            return PostOutcome.TOO_LARGE
        answers = self.answers[connection_id]
        outcome = answers.popleft() if answers else PostOutcome.POSTED
        if outcome is PostOutcome.POSTED:
            self.messages[connection_id].append(message)
        return outcome

    async def close(self, connection_id: ConnectionId) -> None:
        if connection_id not in self.closed:
            self.closed.append(connection_id)
