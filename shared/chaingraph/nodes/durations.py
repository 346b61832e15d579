"""Stretches of time: calendar ones (months, days) and exact ones (hours), added to instants.

A day of the calendar is the same time of the next day in its zone, whatever the clocks do in between. A month
is the same day of the next month, or its last day where it has no such day.
"""

import calendar
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chaingraph.errors import Rejected
from chaingraph.nodes.refusals import shown, unknown

UNITS: Final = {
    "milliseconds": "Milliseconds",
    "seconds": "Seconds",
    "minutes": "Minutes",
    "hours": "Hours",
    "days": "Days",
    "weeks": "Weeks",
    "months": "Months",
    "years": "Years",
}
EXACT_MS: Final = {"milliseconds": 1, "seconds": 1_000, "minutes": 60_000, "hours": 3_600_000}
DAY_MS: Final = 86_400_000
MONTHS_A_YEAR: Final = 12
_CALENDAR: Final = {"days": (0, 1), "weeks": (0, 7), "months": (1, 0), "years": (MONTHS_A_YEAR, 0)}

_COUNT: Final = r"(\d{1,9}(?:[.,]\d{1,9})?)"
_ISO: Final = re.compile(
    rf"([+-]?)P(?=\d|T\d)(?:{_COUNT}Y)?(?:{_COUNT}M)?(?:{_COUNT}W)?(?:{_COUNT}D)?"
    rf"(?:T(?=\d)(?:{_COUNT}H)?(?:{_COUNT}M)?(?:{_COUNT}S)?)?",
    re.ASCII,
)
_ISO_UNITS: Final = ("years", "months", "weeks", "days", "hours", "minutes", "seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    months: int = 0
    days: int = 0
    milliseconds: float = 0


def duration_of(amount: float, unit: str | None) -> Duration:
    """Raises Rejected for half a month, which is no time."""
    if unit in EXACT_MS:
        return Duration(milliseconds=amount * EXACT_MS[unit])
    if unit not in _CALENDAR:
        raise unknown("unit of time", unit)
    if not math.isfinite(amount) or amount != int(amount):
        raise Rejected(f"{unit} must be a whole number")
    months, days = _CALENDAR[unit]
    return Duration(months=int(amount) * months, days=int(amount) * days)


def iso_duration(text: str) -> Duration:
    """The duration of a text like P1Y2M10DT2H30M, also with a sign before it. Raises Rejected."""
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise Rejected(f"{shown(text)} is not a duration in ISO 8601")
    sign = -1 if match[1] == "-" else 1
    counts = zip(_ISO_UNITS, match.groups()[1:], strict=True)
    parts = [duration_of(_count(count) * sign, unit) for unit, count in counts if count is not None]
    return Duration(
        months=sum(part.months for part in parts),
        days=sum(part.days for part in parts),
        milliseconds=sum(part.milliseconds for part in parts),
    )


def _count(text: str) -> float:
    number = float(text.replace(",", "."))
    return int(number) if number.is_integer() else number


def later(moment: datetime, duration: Duration, zone: ZoneInfo) -> datetime:
    """The instant after so much time, first by the zone's calendar, then exactly; in UTC."""
    try:
        if duration.months or duration.days:
            local = _months_later(moment.astimezone(zone), duration.months)
            moment = (local + timedelta(days=duration.days)).astimezone(UTC)
        return moment + timedelta(milliseconds=duration.milliseconds)
    except (ValueError, OverflowError) as error:
        raise Rejected("The date is outside of the years 1 to 9999") from error


def _months_later(local: datetime, months: int) -> datetime:
    if not months:
        return local
    years, month = divmod(local.year * MONTHS_A_YEAR + local.month - 1 + months, MONTHS_A_YEAR)
    last = calendar.monthrange(years, month + 1)[1]
    return local.replace(year=years, month=month + 1, day=min(local.day, last))


def months_between(start: datetime, end: datetime) -> int:
    """How many months of the calendar are over, negative where the end comes first."""
    months = (end.year - start.year) * MONTHS_A_YEAR + end.month - start.month
    if months > 0 and _months_later(start, months) > end:
        return months - 1
    return months + 1 if months < 0 and _months_later(start, months) < end else months


def iso_text_of(milliseconds: int) -> str:
    """The shortest duration in ISO 8601, in days of 24 hours and smaller units: P1DT2H0.5S."""
    days, rest = divmod(abs(milliseconds), DAY_MS)
    hours, rest = divmod(rest, EXACT_MS["hours"])
    minutes, rest = divmod(rest, EXACT_MS["minutes"])
    seconds = f"{rest / 1000:.3f}".rstrip("0").rstrip(".")
    date = f"{days}D" if days else ""
    clock = ((str(hours), "H"), (str(minutes), "M"), (seconds, "S"))
    time = "".join(count + unit for count, unit in clock if count != "0")
    sign = "-" if milliseconds < 0 else ""
    return f"{sign}P{date}{'T' if time else ''}{time}" if date or time else "PT0S"
