"""What is set for the system on one machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from chaingraph.outbound.secret_vaults import VARIABLE_PREFIX
from chaingraph.settings import Settings

STATE: Final = Path(__file__).parents[2] / ".local"
AUDIENCE: Final = "chaingraph"
DATABASE_URL: Final = "DATABASE_URL"
# What is the system's own affair, because it knows the addresses.
OWN: Final = frozenset(
    {
        "CONNECTIONS_ENDPOINT",
        DATABASE_URL,
        "JWKS_URL",
        "OIDC_AUDIENCE",
        "OIDC_ISSUER",
        "PUBLIC_URL",
        "STATE_MACHINE_ARN",
        "WORKFLOW_ENDPOINT",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSettings:
    """`database_url` names a server to use in place of one of our own; port 0 takes a free one.

    `given`: settings of the functions and of the relay that are not to have their defaults.
    """

    state: Path = STATE
    port: int = 4021
    database_url: str | None = None
    given: Mapping[str, str] = field(default_factory=dict[str, str])


def settings_given(environment: Mapping[str, str]) -> Mapping[str, str]:
    """The settings and secrets of the functions that the environment holds. Raises InvalidSetting."""
    names = {name.upper() for name in Settings.model_fields} - OWN
    given = {name: environment[name] for name in sorted(names) if name in environment}
    Settings.from_environment({DATABASE_URL: "known later", **given})
    secrets = {name: value for name, value in environment.items() if name.startswith(VARIABLE_PREFIX)}
    return {**given, **secrets}
