"""A workflow definition: exactly the state types and fields that ours uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from infra.local.workflow.expressions import Template


class Jitter(StrEnum):
    NONE = "NONE"
    FULL = "FULL"


class Integration(StrEnum):
    """How a task ends: with the function's answer, or with the token that the function was given."""

    ANSWER = "arn:aws:states:::lambda:invoke"
    TOKEN = "arn:aws:states:::lambda:invoke.waitForTaskToken"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Retrier:
    errors: frozenset[str]
    interval_seconds: int = 1
    backoff_rate: float = 2.0
    max_delay_seconds: int | None = None
    jitter: Jitter = Jitter.NONE
    max_attempts: int = 3


@dataclass(frozen=True, slots=True)
class Catcher:
    errors: frozenset[str]
    next: str
    output: Template | None


@dataclass(frozen=True, slots=True)
class Rule:
    condition: Template
    next: str


@dataclass(frozen=True, slots=True)
class Choice:
    rules: tuple[Rule, ...]
    default: str | None


@dataclass(frozen=True, slots=True)
class Task:
    integration: Integration
    arguments: Template
    timeout: Template | None
    output: Template | None
    retriers: tuple[Retrier, ...]
    catchers: tuple[Catcher, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Succeed:
    pass


State: TypeAlias = Choice | Task | Succeed


@dataclass(frozen=True, slots=True)
class Definition:
    """`digest` names the text: a run keeps the definition with which it was started."""

    text: str
    digest: str
    start_at: str
    states: Mapping[str, State]

    def task(self, name: str) -> Task:
        state = self.states[name]
        if not isinstance(state, Task):
            raise TypeError(f"{name} is no task")
        return state
