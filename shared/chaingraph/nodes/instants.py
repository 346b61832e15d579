"""Points in time: read from ISO 8601, written as ISO 8601 in UTC or in a format of one's own."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chaingraph.errors import Rejected
from chaingraph.nodes.refusals import shown

NOON: Final = 12
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_LONGEST_WAIT_MS: Final = 100 * 366 * 24 * 3600 * 1000

_PART: Final = re.compile(r"YYYY|MMM|MM|DD|HH|hh|h|mm|ss|a|A")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def instant_of(text: str) -> datetime:
    """The instant of an ISO 8601 text, in UTC; without an offset it is UTC already. Raises Rejected."""
    try:
        found = datetime.fromisoformat(text.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Rejected(f"{shown(text)} is not a date in ISO 8601") from error


def instant_at(epoch_ms: float) -> datetime:
    """Raises Rejected outside the years 1 to 9999."""
    try:
        return EPOCH + timedelta(milliseconds=epoch_ms)
    except (ValueError, OverflowError) as error:
        raise Rejected("The date is outside of the years 1 to 9999") from error


def epoch_ms(moment: datetime) -> int:
    return (moment - EPOCH) // _MILLISECOND


def wait_seconds(milliseconds: float) -> float:
    """How long to wait. Raises Rejected for a wait whose end no calendar may have."""
    if milliseconds > _LONGEST_WAIT_MS:
        raise Rejected("A wait cannot be longer than 100 years")
    return max(0, milliseconds) / 1000


def iso_text(moment: datetime) -> str:
    """An instant in UTC to the millisecond: 2026-01-05T08:00:00.000Z."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises Rejected."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise Rejected(f"There is no time zone {shown(name)}") from error


def custom_text(local: datetime, form: str) -> str:
    """The parts that a format names: YYYY MM MMM DD HH hh h mm ss a A; everything else as it is."""
    parts = {
        "YYYY": f"{local.year:04d}",
        "MMM": _MONTHS[local.month - 1],
        "MM": f"{local.month:02d}",
        "DD": f"{local.day:02d}",
        "HH": f"{local.hour:02d}",
        "hh": f"{hour_of(local):02d}",
        "h": str(hour_of(local)),
        "mm": f"{local.minute:02d}",
        "ss": f"{local.second:02d}",
        "A": half_of(local),
        "a": half_of(local).lower(),
    }
    return _PART.sub(lambda match: parts[match.group()], form)


def hour_of(local: datetime) -> int:
    """On a clock with twelve hours."""
    return local.hour % 12 or 12


def half_of(local: datetime) -> str:
    return "AM" if local.hour < NOON else "PM"
