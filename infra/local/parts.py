"""The parts of the system on one machine, and what each of them is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from chaingraph.cli.local_system import LocalSystem
from chaingraph.settings import Settings
from functions.route_table import CONTROL, SUBSCRIPTION
from infra.local.database import Databases
from infra.local.gateway.launch import GatewayLaunch
from infra.local.gateway.launch import environment_for as gateway_environment
from infra.local.gateway.settings import GatewaySettings
from infra.local.issuer import KEYS_PATH
from infra.local.ports import HOST
from infra.local.processes import PartSettings
from infra.local.workers.settings import FunctionSettings
from infra.local.workflow.launch import WorkflowLaunch
from infra.local.workflow.launch import environment_for as workflow_environment
from infra.local.workflow.names import REGION, machine_arn

MACHINE: Final = "chaingraph"
SLICE_SECONDS: Final = 900.0

LOADED_WHEN_NEEDED: Final = ("chaingraph.aws.http_session", "chaingraph.oidc.tokens")

RUN_FLOW: Final = "run_flow"
CONCURRENCY: Final[Mapping[str, int]] = {
    CONTROL: 16,
    SUBSCRIPTION: 8,
    "await_signal": 8,
    "record_failure": 4,
    "sweep": 2,
}
# For slices that find no slot and stand in line, or that only obey a command. All workers together, with
# three sessions each, have to find room at the database.
BESIDE_SLOTS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """How the parts find each other."""

    system: LocalSystem
    databases: Databases
    gateway_port: int
    workflow_port: int
    documents: Mapping[str, object]
    logs: Path
    given: Mapping[str, str]


def parts_of(wiring: Wiring) -> tuple[PartSettings, ...]:
    settings = settings_of(wiring)
    return (
        _gateway(wiring, settings),
        _workflow(wiring, settings),
        _relay(wiring, settings),
    )


def settings_of(wiring: Wiring) -> Mapping[str, str]:
    """The settings of the functions and of the relay, as their environment."""
    return {
        "AWS_ACCESS_KEY_ID": GatewaySettings().access_key,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "CONNECTIONS_ENDPOINT": f"{wiring.system.http_url}/{GatewaySettings().stage}",
        "DATABASE_URL": wiring.databases.flows,
        "JWKS_URL": f"{wiring.system.http_url}{KEYS_PATH}",
        "OIDC_AUDIENCE": wiring.system.audience,
        "OIDC_ISSUER": wiring.system.issuer,
        "PUBLIC_URL": wiring.system.http_url,
        "STATE_MACHINE_ARN": machine_arn(MACHINE),
        "WORKFLOW_ENDPOINT": f"http://{HOST}:{wiring.workflow_port}",
        **wiring.given,
    }


def _gateway(wiring: Wiring, settings: Mapping[str, str]) -> PartSettings:
    launch = GatewayLaunch(
        gateway=GatewaySettings(port=wiring.gateway_port, documents=wiring.documents, logs=wiring.logs),
        functions=_functions((CONTROL, SUBSCRIPTION), settings),
    )
    return PartSettings(
        "gateway",
        "infra.local.gateway.__main__:run_gateway",
        gateway_environment(launch),
        wiring.logs / "gateway.log",
    )


def _workflow(wiring: Wiring, settings: Mapping[str, str]) -> PartSettings:
    launch = WorkflowLaunch(
        database_url=wiring.databases.workflow,
        port=wiring.workflow_port,
        sweep_interval=timedelta(milliseconds=Settings.from_environment(settings).recovery_scan_interval_ms),
        functions=_functions(("await_signal", RUN_FLOW, "record_failure", "sweep"), settings),
    )
    return PartSettings(
        "workflow",
        "infra.local.workflow.__main__:run_service",
        workflow_environment(launch),
        wiring.logs / "workflow.log",
    )


def _relay(wiring: Wiring, settings: Mapping[str, str]) -> PartSettings:
    return PartSettings(
        "relay",
        "functions.relay.main:main",
        {**settings, "RELAY_NAME": "local", "RELAY_HEALTH_PORT": "0"},
        wiring.logs / "relay.log",
    )


def _functions(names: Iterable[str], settings: Mapping[str, str]) -> tuple[FunctionSettings, ...]:
    return tuple(
        FunctionSettings(
            name=name,
            handler=f"functions.{name}.handler:handler",
            timeout_seconds=SLICE_SECONDS if name == RUN_FLOW else 30,
            concurrency=_concurrency(name, settings),
            environment=settings,
            preloaded=LOADED_WHEN_NEEDED,
        )
        for name in names
    )


def _concurrency(name: str, settings: Mapping[str, str]) -> int:
    """A running execution keeps a worker of run_flow for a slice, asleep or not."""
    if name == RUN_FLOW:
        return Settings.from_environment(settings).queue_concurrency + BESIDE_SLOTS
    return CONCURRENCY[name]
