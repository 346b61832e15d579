"""Who looks on: clients that lose their connection again and again, and what they are told all the same."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any

import orjson
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.raw_socket import request
from tests.stock_client import StockClient

RETRY_SECONDS = 0.05
SILENT_SECONDS = 0.25
LOST = (WebSocketException, InvalidHandshake, OSError, EOFError)


class RawViewer:
    """One subscription over a socket; after each loss a new one, from the last event that came."""

    def __init__(self, url: str, execution_id: str, **parameters: object) -> None:
        self.indices: list[int] = []
        self.types: list[str] = []
        self._url = url
        self._parameters = {"executionId": execution_id, "batchTimeoutMs": 0, **parameters}
        self._last_id: str | None = None
        self._news = threading.Condition()
        self._is_over = False
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def until(self, count: int) -> None:
        """Wait until so many events have come."""
        self._wait_for(lambda: len(self.indices) >= count)

    def until_type(self, event_type: str, times: int = 1) -> None:
        self._wait_for(lambda: self.types.count(event_type) >= times)

    def until_stopped(self) -> list[int]:
        self._wait_for(lambda: self._is_over)
        self._thread.join()
        return self.indices

    def leave(self) -> None:
        self._is_over = True
        self._thread.join()

    def _wait_for(self, seen: Callable[[], bool]) -> None:
        with self._news:
            self._news.wait_for(seen)

    def _look(self) -> None:
        while not self._is_over:
            with suppress(*LOST), connect(self._url, max_size=None, close_timeout=1) as socket:
                self._subscribe(socket)
                while not self._is_over and self._is_open(socket):
                    pass
            threading.Event().wait(RETRY_SECONDS)

    def _subscribe(self, socket: ClientConnection) -> None:
        message = request(1, "subscription", "subscribeToExecutionEvents", **self._parameters)
        if self._last_id is not None:
            message["params"]["lastEventId"] = self._last_id
        socket.send(orjson.dumps(message).decode())

    def _is_open(self, socket: ClientConnection) -> bool:
        """False: the subscription was refused, because something is away."""
        with suppress(TimeoutError):
            text = socket.recv(timeout=SILENT_SECONDS)
            message: Any = orjson.loads(text) if text.startswith("{") else {}  # pyright: ignore[reportArgumentType]
            self._note(message.get("result", {}))
            return "error" not in message
        return True

    def _note(self, result: dict[str, Any]) -> None:
        with self._news:
            if result.get("type") == "stopped":
                self._is_over = True
            if "data" in result and result.get("type") == "data":
                events = result["data"]["json"]
                self.indices += [event["index"] for event in events]
                self.types += [event["type"] for event in events]
                self._last_id = result["id"]
            self._news.notify_all()


class StockViewer:
    """One subscription of the stock client, which reconnects by itself."""

    def __init__(self, client: StockClient, url: str, execution_id: str) -> None:
        self._client = client
        self._name = f"viewer of {execution_id}"
        client.connect(self._name, url)
        client.subscribe(self._name, self._name, executionId=execution_id)

    def until_stopped(self) -> list[int]:
        events = self._client.until(self._name, "complete")
        self._client.close(self._name)
        return [event["index"] for event in events]

    def leave(self) -> None:
        self._client.close(self._name)


@contextmanager
def raw_viewer(url: str, execution_id: str, **parameters: object) -> Generator[RawViewer]:
    viewer = RawViewer(url, execution_id, **parameters)
    try:
        yield viewer
    finally:
        viewer.leave()
