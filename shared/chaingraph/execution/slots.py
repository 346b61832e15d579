"""Slots: how many executions may run at once, and standing in line for one."""

from dataclasses import dataclass

DEFAULT_SLOTS = 100


@dataclass(frozen=True, slots=True)
class SlotLimits:
    """How many slices may run at once, of everybody together and of one owner."""

    in_all: int = DEFAULT_SLOTS
    of_owner: int = DEFAULT_SLOTS


@dataclass(frozen=True, slots=True)
class InLine:
    """No slot is free: nobody holds the execution, it stands in line and is woken when its turn comes."""


@dataclass(frozen=True, slots=True)
class LineReport:
    """`running`: slots held; `oldest_ms`: how long the first one in line has waited."""

    running: int
    length: int
    oldest_ms: int
