"""Where the events of a run go: a table that changes in place, lines of text, or JSON."""

import asyncio
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

import orjson
from rich.console import Console, RenderableType
from rich.live import Live

from chaingraph.cli.command import WrongUsage
from chaingraph.cli.flow_view import FlowView
from chaingraph.graph.json_types import JsonObject
from chaingraph.subscriptions import Snapshot

FRAME_SECONDS: Final = 0.05


class Display(Protocol):
    """`see` takes events with the snapshots that `snapshot_of` asks for."""

    def see(self, execution_id: str, event: JsonObject) -> None: ...
    def notice(self, text: str) -> None:
        """Tell what is no event."""
        ...


def add_display_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--jsonl", action="store_true", help="print every event as a line of JSON")
    parser.add_argument(
        "--snapshot",
        choices=list(Snapshot),
        help="with --jsonl: events with whole nodes (full, the default) or only the values that changed",
    )


def snapshot_of(arguments: Namespace) -> Snapshot:
    """Raises WrongUsage where the choice would mean nothing."""
    if arguments.jsonl:
        return Snapshot(arguments.snapshot or Snapshot.FULL)
    if arguments.snapshot is not None:
        raise WrongUsage("--snapshot belongs to --jsonl")
    return Snapshot.VALUES


def display_of(arguments: Namespace, document: JsonObject) -> AbstractAsyncContextManager[Display]:
    """`document`: the flow whose executions will be seen."""
    if arguments.jsonl:
        return _json_lines()
    return terminal_display(document, Console(highlight=False, soft_wrap=True))


def terminal_display(document: JsonObject, console: Console) -> AbstractAsyncContextManager[Display]:
    """In a terminal the nodes change in place; elsewhere every event is a line."""
    view = FlowView(document)
    return _live(view, console) if console.is_terminal else _lines(view, console)


class _JsonLines:
    """The events as they travel, each with the execution it belongs to."""

    def see(self, execution_id: str, event: JsonObject) -> None:
        sys.stdout.write(orjson.dumps({"executionId": execution_id, **event}).decode() + "\n")
        sys.stdout.flush()

    def notice(self, text: str) -> None:
        print(text, file=sys.stderr)


class _Lines:
    def __init__(self, view: FlowView, console: Console) -> None:
        self._view = view
        self._console = console

    def see(self, execution_id: str, event: JsonObject) -> None:
        self._console.print(self._view.see(execution_id, event))

    def notice(self, text: str) -> None:
        print(text, file=sys.stderr)


class _Frames:
    """What the terminal shows next."""

    def __init__(self, view: FlowView, console: Console) -> None:
        self._view = view
        self._console = console

    def see(self, execution_id: str, event: JsonObject) -> None:
        self._view.see(execution_id, event)

    def notice(self, text: str) -> None:
        self._view.notice(text)

    def __rich__(self) -> RenderableType:
        return self._view.drawn(_now_ms(), self._console.height)


@asynccontextmanager
async def _json_lines() -> AsyncGenerator[Display]:
    yield _JsonLines()


@asynccontextmanager
async def _lines(view: FlowView, console: Console) -> AsyncGenerator[Display]:
    yield _Lines(view, console)
    if view.has_begun:
        console.print(view.summary())


@asynccontextmanager
async def _live(view: FlowView, console: Console) -> AsyncGenerator[Display]:
    """While it lasts what fits on the screen, at the end everything."""
    frames = _Frames(view, console)
    try:
        with Live(frames, console=console, auto_refresh=False, transient=True) as live:
            drawing = asyncio.create_task(_draw(live))
            try:
                yield frames
            finally:
                drawing.cancel()
    finally:
        if view.has_begun:
            console.print(view.whole(_now_ms()))
            console.print(view.summary())


async def _draw(live: Live) -> None:
    while True:
        live.refresh()
        await asyncio.sleep(FRAME_SECONDS)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
