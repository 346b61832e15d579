"""X-Ray segments of invocations, where the setting asks for them; nothing is imported where it does not."""

from collections.abc import Awaitable, Mapping
from typing import Any, Protocol, TypeVar

Reply = TypeVar("Reply")


class Tracing(Protocol):
    async def traced(self, work: Awaitable[Reply], annotations: Mapping[str, object]) -> Reply: ...


class NoTracing:
    async def traced(self, work: Awaitable[Reply], annotations: Mapping[str, object]) -> Reply:
        del annotations
        return await work


class XRay:
    """Needs the packages of the dependency group `tracing`."""

    def __init__(self, service: str) -> None:
        from aws_lambda_powertools import Tracer  # noqa: PLC0415 - it costs a quarter of a second

        self._service = service
        self._tracer: Any = Tracer(service=service)

    async def traced(self, work: Awaitable[Reply], annotations: Mapping[str, object]) -> Reply:
        async with self._tracer.provider.in_subsegment_async(name=f"## {self._service}") as segment:
            for name, value in annotations.items():
                segment.put_annotation(name, value)
            return await work


def tracing_of(service: str, *, is_on: bool) -> Tracing:
    return XRay(service) if is_on else NoTracing()
