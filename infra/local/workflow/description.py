"""A run as it is told to those who ask."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """`definition` is the digest of the definition with which the run was started."""

    name: str
    definition: str
    status: str
    input: str
    started_at_ms: int
    stopped_at_ms: int | None
    output: str | None
    error: str | None
    cause: str | None
