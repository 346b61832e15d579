"""What is set for a gateway; the defaults are the limits of API Gateway."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """Port 0 takes a free one. `documents` are JSON documents served by their path, beside the routes.

    `logs`: the folder from which `/metrics` is made; None: it is not served.
    """

    host: str = "127.0.0.1"
    port: int = 4021
    stage: str = "local"
    access_key: str = "local"
    cors_origins: tuple[str, ...] = ("*",)
    documents: Mapping[str, object] = field(default_factory=dict[str, object])
    logs: Path | None = None
    route_selection_expression: str = "$request.body.method"
    idle_seconds: float = 600
    life_seconds: float = 7200
    integration_timeout_seconds: float = 29
    closing_seconds: float = 2
    max_message_bytes: int = 128 * 1024
    max_frame_bytes: int = 32 * 1024
    max_unsent_bytes: int = 1024 * 1024
    max_body_bytes: int = 10 * 1024 * 1024
    max_head_bytes: int = 10 * 1024
