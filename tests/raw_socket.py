"""One WebSocket to a running system, message by message, without a client library's opinion."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from websockets.sync.client import ClientConnection, connect

from tests.local_system import System

Json = dict[str, Any]
RECEIVE_SECONDS = 60


class RawSocket:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, message: object) -> None:
        """Text and bytes go as they are, anything else as JSON."""
        self.connection.send(message if isinstance(message, str | bytes) else orjson.dumps(message).decode())

    def receive_text(self) -> str:
        received = self.connection.recv(timeout=RECEIVE_SECONDS)
        assert isinstance(received, str)
        return received

    def receive(self) -> Json:
        return orjson.loads(self.receive_text())

    def ask(self, message: object) -> Json:
        self.send(message)
        return self.receive()

    def call(self, path: str, kind: str = "mutation", **parameters: object) -> Any:
        answer = self.ask(request(1, kind, path, **parameters))
        assert "result" in answer, answer
        return answer["result"]["data"]["json"]

    def subscribe(self, execution_id: str, **parameters: object) -> None:
        """Returns when the subscription has begun. Events come as they are stored."""
        parameters = {"executionId": execution_id, "snapshot": "values", "batchTimeoutMs": 0, **parameters}
        started = self.ask(request(2, "subscription", "subscribeToExecutionEvents", **parameters))
        assert started == {"id": 2, "result": {"type": "started"}}

    def events(self) -> Iterator[Json]:
        """The events of the subscription, to its end."""
        while True:
            message = self.receive()
            if message.get("id") == 2:
                if message["result"]["type"] == "stopped":
                    return
                yield from message["result"]["data"]["json"]


def request(request_id: object, kind: str, path: str, **parameters: object) -> Json:
    return {"id": request_id, "method": kind, "params": {"path": path, "input": {"json": parameters}}}


@contextmanager
def raw_socket(system: System, user: str = "alice") -> Generator[RawSocket]:
    with connected(system, f"?token={system.token(user)}") as socket:
        yield socket


@contextmanager
def connected(system: System, query: str) -> Generator[RawSocket]:
    """`InvalidStatus` says with which status a connection was refused."""
    with connect(f"{system.addresses.websocket_url}/{query}", max_size=None, compression=None) as connection:
        yield RawSocket(connection)
