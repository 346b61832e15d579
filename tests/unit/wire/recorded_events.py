"""One execution as it is stored and as superjson sends it, from `recorded_events.json`."""

import json
from pathlib import Path
from typing import TypedDict

import orjson

from chaingraph.execution.events import Event
from chaingraph.ids import EventIndex
from chaingraph.wire.values import Json


class StoredEvent(TypedDict):
    index: int
    type: str
    at_ms: int
    payload: Json


class Recorded(TypedDict):
    document: dict[str, object]
    stored: list[StoredEvent]
    sent: list[Json]
    meta: Json


RECORDED: Recorded = json.loads((Path(__file__).parent / "recorded_events.json").read_text("utf-8"))

EVENTS = tuple(
    Event(EventIndex(event["index"]), event["type"], event["at_ms"], orjson.dumps(event["payload"]))
    for event in RECORDED["stored"]
)
