"""How the gateway misbehaves as API Gateway may: messages late and therefore out of order, posts refused."""

import asyncio
import random
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol


class PostFate(Enum):
    DELIVERED = auto()
    LIMIT_EXCEEDED = auto()


class Disturbance(Protocol):
    """Asked before each message to a client; it may take its time."""

    async def before_route_response(self, connection_id: str) -> None: ...

    async def before_post(self, connection_id: str) -> PostFate: ...


class Calm:
    """Everything at once and in order."""

    async def before_route_response(self, connection_id: str) -> None:
        pass

    async def before_post(self, connection_id: str) -> PostFate:  # noqa: ARG002
        return PostFate.DELIVERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Each message is delayed by a random time up to the maximum; a share of the posts gets 429."""

    seed: int = 0
    max_route_response_delay_seconds: float = 0
    max_post_delay_seconds: float = 0
    limit_exceeded_share: float = 0


class Stormy:
    """Random, repeatable by the seed as far as the order of events is."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self._random = random.Random(weather.seed)  # noqa: S311

    async def before_route_response(self, connection_id: str) -> None:  # noqa: ARG002
        await asyncio.sleep(self._random.uniform(0, self._weather.max_route_response_delay_seconds))

    async def before_post(self, connection_id: str) -> PostFate:  # noqa: ARG002
        await asyncio.sleep(self._random.uniform(0, self._weather.max_post_delay_seconds))
        if self._random.random() < self._weather.limit_exceeded_share:
            return PostFate.LIMIT_EXCEEDED
        return PostFate.DELIVERED
