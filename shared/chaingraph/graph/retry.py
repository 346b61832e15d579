"""The retry policy of a node: `metadata.retry` of its document."""

from dataclasses import dataclass
from typing import Final

from chaingraph.errors import Problem
from chaingraph.graph.json_types import JsonObject, is_number, is_object

MOST_ATTEMPTS: Final = 100
LONGEST_BACKOFF_MS: Final = 24 * 3600 * 1000
# A thousandth of the delay is the grain of its jitter.
GRAIN: Final = 1000


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """After a failure the body runs again, `max_attempts` times in all.

    The delay before the second attempt is `backoff_ms`, then `factor` times the one before, at most
    `max_backoff_ms`. With jitter it is a chance share of that ("full jitter" of AWS's architecture blog).
    """

    max_attempts: int
    backoff_ms: int = 1_000
    factor: float = 2.0
    max_backoff_ms: int = 60_000
    has_jitter: bool = True

    def delay_ms(self, failures: int, chance: int) -> int:
        """Before the next attempt, after that many failures; `chance` is any number."""
        delay = min(self.backoff_ms * self.factor ** (failures - 1), self.max_backoff_ms)
        share = chance % (GRAIN + 1) / GRAIN if self.has_jitter else 1.0
        return round(delay * share)


def read_retry(metadata: JsonObject, path: str, problems: list[Problem]) -> RetryPolicy | None:
    """The policy, or None where there is none or it is wrong."""
    stored = metadata.get("retry")
    if stored is None:
        return None
    if not is_object(stored):
        problems.append(Problem(path, "a retry policy is an object"))
        return None
    return _Reader(stored, path, problems).policy()


class _Reader:
    def __init__(self, stored: JsonObject, path: str, problems: list[Problem]) -> None:
        self._stored = stored
        self._path = path
        self._problems = problems

    def policy(self) -> RetryPolicy | None:
        before = len(self._problems)
        self._refuse_unknown()
        policy = RetryPolicy(
            max_attempts=round(self._number("maxAttempts", 1, MOST_ATTEMPTS, 3)),
            backoff_ms=round(self._number("backoffMs", 0, LONGEST_BACKOFF_MS, 1_000)),
            factor=self._number("factor", 1, 10, 2),
            max_backoff_ms=round(self._number("maxBackoffMs", 0, LONGEST_BACKOFF_MS, 60_000)),
            has_jitter=self._jitter(),
        )
        return policy if len(self._problems) == before else None

    def _number(self, name: str, least: float, most: float, default: float) -> float:
        value = self._stored.get(name, default)
        if is_number(value) and least <= value <= most:
            return value
        self._problems.append(
            Problem(f"{self._path}.{name}", f"a number from {least:g} to {most:g} is expected")
        )
        return default

    def _jitter(self) -> bool:
        value = self._stored.get("jitter", True)
        if not isinstance(value, bool):
            self._problems.append(Problem(f"{self._path}.jitter", "true or false is expected"))
        return value is True

    def _refuse_unknown(self) -> None:
        known = {"maxAttempts", "backoffMs", "factor", "maxBackoffMs", "jitter"}
        for name in self._stored.keys() - known:
            self._problems.append(Problem(f"{self._path}.{name}", "a retry policy has no such field"))
