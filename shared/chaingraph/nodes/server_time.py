"""The time of the run, written for people."""

from datetime import datetime
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.kinds import enum, number, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.nodes.instants import custom_text, half_of, hour_of, instant_at, iso_text, zone_of
from chaingraph.nodes.script_values import as_text

FORMATS: Final = {"ISO": "ISO 8601", "Locale": "As in the USA", "Custom": "Own format"}
ZONES: Final = (
    "UTC",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "Europe/London",
    "Europe/Paris",
    "Europe/Moscow",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Australia/Sydney",
)
USUAL_FORMAT: Final = "YYYY-MM-DD HH:mm:ss"


class ServerTimeNode(NodeType, title="Server Time", category="utilities", pure=True):
    """The current time: as ISO 8601, as people in the USA write it, or in a format of its own."""

    time_format = Input(enum(FORMATS, default="ISO"))
    custom_format = Input(string(default=USUAL_FORMAT), description="YYYY MM MMM DD HH hh h mm ss a")
    timezone = Input(enum(ZONES, default="UTC"))
    formatted_time = Output(string())
    timestamp_seconds = Output(number())
    timestamp_milliseconds = Output(number())

    def run(self, scope: Scope) -> None:
        now_ms = scope.now_ms()
        self.timestamp_milliseconds = now_ms
        self.timestamp_seconds = now_ms // 1000
        moment = instant_at(now_ms)
        form = as_text(self.custom_format) if self.time_format == "Custom" else as_text(self.time_format)
        self.formatted_time = _formatted(moment, form, as_text(self.timezone))


def _formatted(moment: datetime, form: str, zone: str) -> str:
    """In a zone that nobody knows, and without a format, as ISO 8601."""
    if form in {"", "ISO"}:
        return iso_text(moment)
    try:
        local = moment.astimezone(zone_of(zone))
    except Rejected:
        return iso_text(moment)
    return _locale(local) if form == "Locale" else custom_text(local, form)


def _locale(local: datetime) -> str:
    return f"{local.month}/{local.day}/{local.year}, {hour_of(local)}:{local:%M:%S} {half_of(local)}"


NODE_TYPES = (ServerTimeNode,)
