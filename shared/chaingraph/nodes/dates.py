"""Dates: in ISO 8601 as texts, in UTC. A time zone counts where days, months or clocks on walls matter."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.json_types import is_number
from chaingraph.graph.kinds import enum, number, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.texts import tidy
from chaingraph.nodes.durations import (
    DAY_MS,
    EXACT_MS,
    MONTHS_A_YEAR,
    UNITS,
    Duration,
    duration_of,
    iso_duration,
    iso_text_of,
    later,
    months_between,
)
from chaingraph.nodes.instants import custom_text, epoch_ms, instant_at, instant_of, iso_text, zone_of
from chaingraph.nodes.refusals import unknown
from chaingraph.nodes.script_values import as_text

CATEGORY: Final = "utilities"

_DATE: Final = "ISO 8601; without an offset it is UTC"
_ZONE: Final = "A name like Europe/Paris"
_SCALES: Final = {"milliseconds": "Milliseconds", "seconds": "Seconds"}


def moment_of(value: object) -> datetime:
    """The instant of a date port; a number that came over an edge counts as epoch milliseconds."""
    if is_number(value):
        return instant_at(value)
    text = as_text(value)
    if not text.strip():
        raise Rejected("A date is required")
    return instant_of(text)


class DateAddNode(NodeType, title="Date Add", category=CATEGORY, pure=True):
    """A date some time later, or earlier with a negative amount.

    Days, weeks, months and years follow the calendar of the time zone: a day later is the same time of the
    next day, a month after January 31 is the last day of February. A duration like P1M or -PT90M takes the
    place of amount and unit.
    """

    date = Input(string(), description=_DATE)
    amount = Input(number(default=1))
    unit = Input(enum(UNITS, default="days"))
    duration = Input(string(), description="ISO 8601, like P1DT12H")
    timezone = Input(string(default="UTC"), description=_ZONE)
    result = Output(string())

    def run(self, scope: Scope) -> None:
        moment, zone = moment_of(self.date), zone_of(as_text(self.timezone))
        self.result = iso_text(later(moment, self._duration(), zone))

    def _duration(self) -> Duration:
        text, amount = as_text(self.duration), self.amount
        if text:
            return iso_duration(text)
        if not is_number(amount):
            raise Rejected("The amount must be a number")
        return duration_of(amount, self.unit)


class DateDifferenceNode(NodeType, title="Date Difference", category=CATEGORY, pure=True):
    """How long it is from one date to another; negative where the second one is earlier.

    Months and years are those that are over, by the calendar in UTC; all other units are exact, a day having
    24 hours.
    """

    start = Input(string(), key="from", description=_DATE)
    end = Input(string(), key="to", description=_DATE)
    unit = Input(enum(UNITS, default="days"))
    difference = Output(number())
    duration = Output(string(), description="ISO 8601, in days of 24 hours")

    def run(self, scope: Scope) -> None:
        start, end = moment_of(self.start), moment_of(self.end)
        milliseconds = epoch_ms(end) - epoch_ms(start)
        self.duration = iso_text_of(milliseconds)
        if self.unit in {"months", "years"}:
            months = months_between(start, end)
            self.difference = months if self.unit == "months" else int(months / MONTHS_A_YEAR)
        else:
            self.difference = tidy(milliseconds / self._unit_ms())

    def _unit_ms(self) -> int:
        sizes = {**EXACT_MS, "days": DAY_MS, "weeks": 7 * DAY_MS}
        if self.unit not in sizes:
            raise unknown("unit of time", self.unit)
        return sizes[self.unit]


class DatePartsNode(NodeType, title="Date Parts", category=CATEGORY, pure=True):
    """What calendar and clock of a time zone say at a date; weeks as in ISO 8601, Monday is 1."""

    date = Input(string(), description=_DATE)
    timezone = Input(string(default="UTC"), description=_ZONE)
    year = Output(number())
    month = Output(number())
    day = Output(number())
    hour = Output(number())
    minute = Output(number())
    second = Output(number())
    millisecond = Output(number())
    weekday = Output(number())
    week = Output(number())
    day_of_year = Output(number())

    def run(self, scope: Scope) -> None:
        local = local_time(moment_of(self.date), as_text(self.timezone))
        self.year, self.month, self.day = local.year, local.month, local.day
        self.hour, self.minute, self.second = local.hour, local.minute, local.second
        self.millisecond = local.microsecond // 1000
        _, self.week, self.weekday = local.isocalendar()
        self.day_of_year = local.timetuple().tm_yday


def local_time(moment: datetime, zone: str) -> datetime:
    try:
        return moment.astimezone(zone_of(zone))
    except OverflowError as error:
        raise Rejected("The date is outside of the years 1 to 9999") from error


class DateFormatNode(NodeType, title="Date Format", category=CATEGORY, pure=True):
    """A date written for people: YYYY MM MMM DD HH hh h mm ss a A stand for its parts in a time zone."""

    date = Input(string(), description=_DATE)
    form = Input(string(default="YYYY-MM-DD HH:mm:ss"), key="format")
    timezone = Input(string(default="UTC"), description=_ZONE)
    text = Output(string())

    def run(self, scope: Scope) -> None:
        local = local_time(moment_of(self.date), as_text(self.timezone))
        self.text = custom_text(local, as_text(self.form))


class DateStartNode(NodeType, title="Start of Period", category=CATEGORY, pure=True):
    """When the minute, hour, day, week, month or year around a date began in a time zone."""

    date = Input(string(), description=_DATE)
    period = Input(
        enum(
            {
                "minute": "Minute",
                "hour": "Hour",
                "day": "Day",
                "week": "Week, from Monday",
                "month": "Month",
                "year": "Year",
            },
            default="day",
        )
    )
    timezone = Input(string(default="UTC"), description=_ZONE)
    result = Output(string())

    def run(self, scope: Scope) -> None:
        start = _STARTS.get(self.period or "")
        if start is None:
            raise unknown("period", self.period)
        local = local_time(moment_of(self.date), as_text(self.timezone))
        self.result = iso_text(start(local.replace(second=0, microsecond=0)).astimezone(UTC))


def _midnight(local: datetime) -> datetime:
    return local.replace(hour=0, minute=0, fold=0)


_STARTS: Final[Mapping[str, Callable[[datetime], datetime]]] = {
    "minute": lambda local: local,
    "hour": lambda local: local.replace(minute=0),
    "day": _midnight,
    "week": lambda local: _midnight(local) - timedelta(days=local.weekday()),
    "month": lambda local: _midnight(local).replace(day=1),
    "year": lambda local: _midnight(local).replace(month=1, day=1),
}


class TimestampToDateNode(NodeType, title="Timestamp to Date", category=CATEGORY, pure=True):
    """The date of a number of milliseconds or seconds since 1970."""

    timestamp = Input(number())
    unit = Input(enum(_SCALES, default="milliseconds"))
    date = Output(string())

    def run(self, scope: Scope) -> None:
        timestamp: object = self.timestamp
        if not is_number(timestamp):
            raise Rejected("The timestamp must be a number")
        self.date = iso_text(instant_at(timestamp * _scale(self.unit)))


class DateToTimestampNode(NodeType, title="Date to Timestamp", category=CATEGORY, pure=True):
    """The milliseconds or seconds since 1970 at a date."""

    date = Input(string(), description=_DATE)
    unit = Input(enum(_SCALES, default="milliseconds"))
    timestamp = Output(number())

    def run(self, scope: Scope) -> None:
        self.timestamp = tidy(epoch_ms(moment_of(self.date)) / _scale(self.unit))


def _scale(unit: str | None) -> int:
    if unit not in _SCALES:
        raise unknown("unit of time", unit)
    return EXACT_MS[unit]


NODE_TYPES = (
    DateAddNode,
    DateDifferenceNode,
    DatePartsNode,
    DateFormatNode,
    DateStartNode,
    TimestampToDateNode,
    DateToTimestampNode,
)
