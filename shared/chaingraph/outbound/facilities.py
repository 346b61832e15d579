"""The facilities of nodes, made from the settings."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from chaingraph.expressions.processes import ExpressionProcesses
from chaingraph.graph.facilities import (
    Facilities,
    HttpRequest,
    HttpResponse,
    McpRequest,
    McpServer,
    OnProgress,
    SecretVault,
)
from chaingraph.graph.json_types import JsonObject
from chaingraph.outbound.addresses import AllowList
from chaingraph.outbound.first_use import FirstUse
from chaingraph.outbound.language_models import ProviderModels, region_of
from chaingraph.outbound.providers import Provider
from chaingraph.outbound.secret_vaults import EnvironmentSecrets, FileSecrets, FirstOf
from chaingraph.settings import InvalidSetting, NodeSettings

if TYPE_CHECKING:
    from chaingraph.outbound.http_client import GuardedHttpClient
    from chaingraph.outbound.mcp_servers import GuardedMcpServers


def facilities_of(
    settings: NodeSettings, environ: Mapping[str, str], now: Callable[[], datetime]
) -> Facilities:
    """Imports nothing that a flow might not need. Raises InvalidSetting."""
    allowed = _allowed(settings)
    return Facilities(
        http=_Http(allowed, settings.http_node_max_response_bytes),
        secrets=_vault(settings, environ, now),
        models=ProviderModels(_endpoints(settings), environ, now),
        mcp=_Mcp(allowed, settings.http_node_max_response_bytes),
        expressions=ExpressionProcesses(),
    )


class _Http:
    def __init__(self, allowed: AllowList, max_bytes: int) -> None:
        self._allowed = allowed
        self._max_bytes = max_bytes
        self._client = FirstUse(self._open)

    async def send(self, request: HttpRequest) -> HttpResponse:
        return await (await self._client.get()).send(request)

    def _open(self) -> "GuardedHttpClient":
        from chaingraph.outbound.http_client import guarded_http_client  # noqa: PLC0415

        return guarded_http_client(self._allowed, self._max_bytes)


class _Mcp:
    def __init__(self, allowed: AllowList, max_bytes: int) -> None:
        self._allowed = allowed
        self._max_bytes = max_bytes
        self._servers = FirstUse(self._open)

    async def ask(self, server: McpServer, request: McpRequest, on_progress: OnProgress) -> JsonObject:
        return await (await self._servers.get()).ask(server, request, on_progress)

    def _open(self) -> "GuardedMcpServers":
        from chaingraph.outbound.mcp_servers import guarded_mcp_servers  # noqa: PLC0415

        return guarded_mcp_servers(self._allowed, self._max_bytes)


def _allowed(settings: NodeSettings) -> AllowList:
    try:
        return AllowList.of(settings.http_node_allowed_hosts.split(","))
    except ValueError as error:
        raise InvalidSetting(f"HTTP_NODE_ALLOWED_HOSTS: {error}") from None


def _endpoints(settings: NodeSettings) -> Mapping[Provider, str]:
    """From `openai=https://…,bedrock=https://…`."""
    endpoints: dict[Provider, str] = {}
    for entry in filter(None, settings.language_model_endpoints.split(",")):
        name, _, url = entry.strip().partition("=")
        if name not in set(Provider) or not url:
            providers = ", ".join(Provider)
            raise InvalidSetting(
                f"LANGUAGE_MODEL_ENDPOINTS: {name} is none of {providers}, or has no address"
            )
        endpoints[Provider(name)] = url
    return endpoints


def _vault(settings: NodeSettings, environ: Mapping[str, str], now: Callable[[], datetime]) -> SecretVault:
    vaults: list[SecretVault] = [EnvironmentSecrets(environ)]
    if settings.secrets_file:
        vaults.append(FileSecrets(Path(settings.secrets_file)))
    if settings.secrets_prefix:
        vaults.append(_secrets_manager(settings, environ, now))
    return FirstOf(vaults)


def _secrets_manager(
    settings: NodeSettings, environ: Mapping[str, str], now: Callable[[], datetime]
) -> SecretVault:
    from chaingraph.aws.environment_credentials import EnvironmentCredentials  # noqa: PLC0415
    from chaingraph.aws.secrets_manager import secrets_manager  # noqa: PLC0415

    return secrets_manager(
        settings.secrets_prefix,
        region=region_of(environ),
        endpoint=settings.secrets_endpoint,
        credentials=EnvironmentCredentials(environ),
        now=now,
    )
