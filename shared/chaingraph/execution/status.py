"""Where an execution stands, and which change may follow which."""

from enum import StrEnum


class Status(StrEnum):
    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.CREATED: frozenset({Status.RUNNING, Status.FAILED, Status.STOPPED}),
    Status.RUNNING: frozenset({Status.PAUSED, Status.COMPLETED, Status.FAILED, Status.STOPPED}),
    Status.PAUSED: frozenset({Status.RUNNING, Status.FAILED, Status.STOPPED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
    Status.STOPPED: frozenset(),
}


def is_final(status: Status) -> bool:
    return not TRANSITIONS[status]


def may_follow(current: Status, following: Status) -> bool:
    return following in TRANSITIONS[current]
