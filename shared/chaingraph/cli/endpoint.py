"""The running system that a command talks to, and the token it shows there."""

import os
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chaingraph.cli.command import WrongUsage
from chaingraph.cli.local_system import LocalSystem, add_state_argument, read_local_system
from chaingraph.cli.local_tokens import Bearer, read_signing_key, sign_token
from chaingraph.errors import Unauthorized

TOKEN: Final = "CHAINGRAPH_TOKEN"  # noqa: S105 - the name of a variable

# Whoever can read the signing key may see everything on this machine's system anyway.
LOCAL_BEARER: Final = Bearer("local", "admin")


@dataclass(frozen=True, slots=True)
class Endpoint:
    http_url: str
    websocket_url: str
    token: str = field(repr=False)


def add_server_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--server",
        metavar="URL",
        help="the system's HTTP API, like http://127.0.0.1:4021 (default: the system on this machine)",
    )
    parser.add_argument(
        "--websocket",
        metavar="URL",
        help="the system's WebSocket API (default: at the address of --server)",
    )
    parser.add_argument(
        "--token",
        help=f"who you are (default: {TOKEN}; for the system on this machine one is signed with its key)",
    )
    add_state_argument(parser)


def endpoint_of(arguments: Namespace) -> Endpoint:
    """Raises WrongUsage, NotFound where no system is known, Unauthorized without a token."""
    token = arguments.token or os.environ.get(TOKEN)
    if arguments.server is None:
        return _local(read_local_system(arguments.state), arguments.state, token)
    if not token:
        raise Unauthorized(f"a token is needed: --token, or {TOKEN} in the environment")
    http_url = _checked(arguments.server, "--server", "http")
    return Endpoint(http_url, _websocket_url(arguments.websocket, http_url), token)


def _local(system: LocalSystem, state: Path, token: str | None) -> Endpoint:
    signed = token or sign_token(LOCAL_BEARER, read_signing_key(state), system=system, now=datetime.now(UTC))
    return Endpoint(system.http_url, system.websocket_url, signed)


def _websocket_url(given: str | None, http_url: str) -> str:
    if given is not None:
        return _checked(given, "--websocket", "ws")
    return "ws" + http_url.removeprefix("http")


def _checked(url: str, argument: str, scheme: str) -> str:
    """The URL without a slash at its end. `scheme`, or its secure form, is the one it must have."""
    parts = urlsplit(url)
    if parts.scheme not in {scheme, f"{scheme}s"} or not parts.netloc:
        raise WrongUsage(f"{argument} must be a URL like {scheme}s://api.example.com, not {url!r}")
    return url.rstrip("/")
