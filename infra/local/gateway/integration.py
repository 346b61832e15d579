"""How the gateway calls a function."""

import asyncio
from typing import Protocol

from infra.local.gateway.payloads import Payload


class Invokes(Protocol):
    """The service that runs functions; a failure of one is raised as `FunctionFailed`."""

    async def invoke(self, name: str, payload: object) -> object: ...


class IntegrationTimedOut(Exception):
    """The function did not answer in time; it goes on without a listener."""


async def integrate(functions: Invokes, name: str, payload: Payload, timeout_seconds: float) -> object:
    try:
        async with asyncio.timeout(timeout_seconds):
            return await functions.invoke(name, payload)
    except TimeoutError as error:
        raise IntegrationTimedOut(f"{name} did not answer in {timeout_seconds} s") from error
