"""The settings that functions and relay get in their environment: addresses and names, never a secret."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Aws

from chaingraph.settings import Settings
from infra.aws.environments import DatabasePath, Environment, Tracing
from infra.aws.identity import Identity
from infra.aws.names import DATABASE, DATABASE_ROLE
from infra.aws.network import POSTGRES
from infra.aws.observed import namespace


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where everything is. `database_host` is the server, `functions_host` where functions go."""

    database_host: str
    functions_host: str
    state_machine_arn: str
    connections_endpoint: str
    public_url: str
    identity: Identity


def function_settings(environment: Environment, addresses: Addresses) -> dict[str, str]:
    is_pooled = environment.database_path is DatabasePath.PROXY
    return {
        **_shared(environment, addresses),
        "DATABASE_URL": _url(DATABASE_ROLE, addresses.functions_host, "/opt"),
        "DATABASE_IAM_REGION": Aws.REGION,
        "DATABASE_IS_POOLED": str(is_pooled).lower(),
        "OIDC_ISSUER": addresses.identity.issuer,
        "OIDC_AUDIENCE": addresses.identity.audience,
        "JWKS_URL": addresses.identity.jwks_url,
        "PUBLIC_URL": addresses.public_url,
        "SECRETS_PREFIX": environment.secrets_prefix,
        "TRACING": str(environment.tracing is Tracing.OF_OUR_CODE).lower(),
        # A schedule of EventBridge ticks once a minute at most.
        "RECOVERY_SCAN_INTERVAL_MS": "60000",
    }


def relay_settings(environment: Environment, addresses: Addresses) -> dict[str, str]:
    return {
        **_shared(environment, addresses),
        "DATABASE_URL": _url(DATABASE_ROLE, addresses.database_host, "/app"),
        "DATABASE_IAM_REGION": Aws.REGION,
    }


def migration_settings(addresses: Addresses, secret_arn: str) -> dict[str, str]:
    """The administrator makes the role by which everything else signs in."""
    return {
        "DATABASE_URL": _url("postgres", addresses.database_host, "/opt"),
        "DATABASE_SECRET_ARN": secret_arn,
        "DATABASE_SERVICE_ROLE": DATABASE_ROLE,
    }


def _shared(environment: Environment, addresses: Addresses) -> Mapping[str, str]:
    unknown = {name for name in environment.settings if name.lower() not in Settings.model_fields}
    if unknown:
        raise ValueError(f"{environment.name}: there are no settings {', '.join(sorted(unknown))}")
    return {
        **environment.settings,
        "STATE_MACHINE_ARN": addresses.state_machine_arn,
        "CONNECTIONS_ENDPOINT": addresses.connections_endpoint,
        "METRICS_NAMESPACE": namespace(environment),
    }


def _url(role: str, host: str, folder: str) -> str:
    query = f"sslmode=verify-full&sslrootcert={folder}/database_authorities.pem"
    return f"postgresql://{role}@{host}:{POSTGRES}/{DATABASE}?{query}"
