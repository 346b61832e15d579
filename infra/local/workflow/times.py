"""Milliseconds inside, ISO 8601 at the edges."""

from datetime import UTC, datetime


def instant(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def iso(at_ms: int) -> str:
    return instant(at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
