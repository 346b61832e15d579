"""Connections to checked addresses only."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import cast

import httpcore2

from chaingraph.outbound.addresses import AddressRefused, AllowList

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host."""


async def look_up(host: str, port: int) -> Sequence[str]:
    """As the machine knows them. Raises ConnectError where it knows none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(f"the host {host} is not known") from error
    return [str(address[4][0]) for address in found]


class GuardedNetwork(httpcore2.AsyncNetworkBackend):
    """Looks a name up once, checks what it stands for, and connects to that."""

    def __init__(self, allowed: AllowList, resolve: Resolve = look_up) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._network = cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the library's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        failure: httpcore2.ConnectError | None = None
        for address in await self._admitted(host, port):
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore2.ConnectError as error:
                failure = error
        raise failure or httpcore2.ConnectError(f"the host {host} has no address")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)

    async def _admitted(self, host: str, port: int) -> list[str]:
        found = list(dict.fromkeys(await self._resolve(host, port)))
        admitted = [text for text in found if self._allowed.admits(host, ipaddress.ip_address(text))]
        if found and not admitted:
            raise AddressRefused(f"{host} is not an address of the open internet")
        return admitted
