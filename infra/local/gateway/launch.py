"""How a gateway process is told what to be: one JSON document in its environment."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from infra.local.gateway.disturbance import Weather
from infra.local.gateway.settings import GatewaySettings
from infra.local.workers.settings import FunctionSettings

VARIABLE: Final = "GATEWAY_LAUNCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLaunch:
    gateway: GatewaySettings = field(default_factory=GatewaySettings)
    functions: tuple[FunctionSettings, ...] = ()
    weather: Weather | None = None


LAUNCH: Final = TypeAdapter(GatewayLaunch)


def environment_for(launch: GatewayLaunch) -> dict[str, str]:
    """The variable that a parent sets for the process that it starts."""
    return {VARIABLE: LAUNCH.dump_json(launch).decode()}


def launch_from(environment: Mapping[str, str]) -> GatewayLaunch:
    return LAUNCH.validate_json(environment[VARIABLE])
