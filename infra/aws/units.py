"""The functions that are deployed, and how large each one is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from infra.aws.environments import Environment


@dataclass(frozen=True, slots=True)
class Unit:
    """A folder of `functions`. `memory_mib` buys processor time, too: 1769 is one whole processor."""

    name: str
    memory_mib: int
    timeout_seconds: int
    does: str

    @property
    def handler(self) -> str:
        return f"functions.{self.name}.handler.handler"


# API Gateway gives up after 29 seconds.
API_SECONDS: Final = 29

CONTROL: Final = Unit("control", 1024, API_SECONDS, "Answers the HTTP API, queries and mutations")
SUBSCRIPTION: Final = Unit("subscription", 1024, API_SECONDS, "Keeps connections and subscriptions")
AWAIT_SIGNAL: Final = Unit("await_signal", 512, 60, "Keeps the token of a waiting workflow")
RECORD_FAILURE: Final = Unit("record_failure", 512, 60, "Counts a slice that died")
SWEEP: Final = Unit("sweep", 512, 300, "Repeats what fell between two chairs")
MIGRATE_DATABASE: Final = Unit("migrate_database", 512, 840, "Brings the schema up to date")


def run_flow(environment: Environment) -> Unit:
    """The workflow gives a slice 30 seconds more than this before it starts another one."""
    return Unit("run_flow", environment.slice_memory_mib, 900, "Runs one slice of the engine")


def units(environment: Environment) -> Mapping[str, Unit]:
    """Those that serve; the migrations run before any of them."""
    every = (CONTROL, SUBSCRIPTION, AWAIT_SIGNAL, run_flow(environment), RECORD_FAILURE, SWEEP)
    return {unit.name: unit for unit in every}
