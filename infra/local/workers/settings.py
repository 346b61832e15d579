"""What is set per function."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class IdleWorkers(Enum):
    """What becomes of a worker between two invocations: AWS freezes it."""

    RUNNING = "running"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSettings:
    """`handler` is `package.module:function`; `preloaded`: modules that it imports when it first needs them.

    What is imported before the fork, all workers have. The function sees `environment` and a few variables of
    the machine only.
    """

    name: str
    handler: str
    timeout_seconds: float = 30
    concurrency: int = 8
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    memory_mb: int = 1024
    max_waiting: int = 1000
    max_waiting_seconds: float = 30
    idle_workers: IdleWorkers = IdleWorkers.RUNNING
    preloaded: tuple[str, ...] = ()
