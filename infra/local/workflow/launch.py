"""How a workflow process is told what to be: one JSON document in its environment."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from infra.local.workers.settings import FunctionSettings

VARIABLE: Final = "WORKFLOW_LAUNCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowLaunch:
    database_url: str
    port: int
    sweep_interval: timedelta
    functions: tuple[FunctionSettings, ...]


LAUNCH: Final = TypeAdapter(WorkflowLaunch)


def environment_for(launch: WorkflowLaunch) -> dict[str, str]:
    """The variable that a parent sets for the process that it starts."""
    return {VARIABLE: LAUNCH.dump_json(launch).decode()}


def launch_from(environment: Mapping[str, str]) -> WorkflowLaunch:
    return LAUNCH.validate_json(environment[VARIABLE])
