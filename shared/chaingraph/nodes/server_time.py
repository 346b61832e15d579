"""The time of the run, written for people."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.kinds import enum, number, string
from chaingraph.graph.node_types import NodeType, Scope
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
NOON: Final = 12
USUAL_FORMAT: Final = "YYYY-MM-DD HH:mm:ss"

_PART: Final = re.compile(r"YYYY|MMM|MM|DD|HH|hh|h|mm|ss|a|A")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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
        moment = _EPOCH + timedelta(milliseconds=now_ms)
        form = as_text(self.custom_format) if self.time_format == "Custom" else as_text(self.time_format)
        self.formatted_time = _formatted(moment, form, as_text(self.timezone))


def _formatted(moment: datetime, form: str, zone: str) -> str:
    """In a zone that nobody knows, and without a format, as ISO 8601."""
    if form in {"", "ISO"}:
        return _iso(moment)
    try:
        local = moment.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        return _iso(moment)
    return _locale(local) if form == "Locale" else _custom(local, form)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _locale(local: datetime) -> str:
    return f"{local.month}/{local.day}/{local.year}, {_hour(local)}:{local:%M:%S} {_half(local)}"


def _custom(local: datetime, form: str) -> str:
    parts = {
        "YYYY": f"{local.year:04d}",
        "MMM": _MONTHS[local.month - 1],
        "MM": f"{local.month:02d}",
        "DD": f"{local.day:02d}",
        "HH": f"{local.hour:02d}",
        "hh": f"{_hour(local):02d}",
        "h": str(_hour(local)),
        "mm": f"{local.minute:02d}",
        "ss": f"{local.second:02d}",
        "A": _half(local),
        "a": _half(local).lower(),
    }
    return _PART.sub(lambda match: parts[match.group()], form)


def _hour(local: datetime) -> int:
    return local.hour % 12 or 12


def _half(local: datetime) -> str:
    return "AM" if local.hour < NOON else "PM"


NODE_TYPES = (ServerTimeNode,)
