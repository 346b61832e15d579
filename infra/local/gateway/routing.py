"""Which function answers: a pure look at a route table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import orjson

from functions.route_table import HttpRoute

DEFAULT: Final = "$default"


@dataclass(frozen=True, slots=True)
class Routes:
    """The function of each route. `answered`: the WebSocket routes with a route response."""

    websocket: Mapping[str, str]
    answered: frozenset[str]
    http: Sequence[HttpRoute]


@dataclass(frozen=True, slots=True)
class Match:
    route: HttpRoute
    parameters: Mapping[str, str]


class HttpRoutes:
    """Routes by method and number of segments; a fixed path goes before a template."""

    def __init__(self, routes: Sequence[HttpRoute]) -> None:
        self._fixed = {(route.method, route.path): route for route in routes if "{" not in route.path}
        self._templates = [
            (route.method, segments_of(route.path), route) for route in routes if "{" in route.path
        ]

    def match(self, method: str, path: str) -> Match | None:
        if (fixed := self._fixed.get((method, path))) is not None:
            return Match(fixed, {})
        segments = segments_of(path)
        for route_method, template, route in self._templates:
            if route_method == method and (parameters := parameters_of(template, segments)) is not None:
                return Match(route, parameters)
        return None


def segments_of(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/"))


def parameters_of(template: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    if len(template) != len(segments):
        return None
    parameters: dict[str, str] = {}
    for expected, segment in zip(template, segments, strict=True):
        if expected.startswith("{") and segment:
            parameters[expected[1:-1]] = unquote(segment)
        elif expected != segment:
            return None
    return parameters


class RouteSelection:
    """A route selection expression such as `$request.body.method` over the routes of a WebSocket API."""

    def __init__(self, expression: str, routes: Mapping[str, str]) -> None:
        prefix = "$request.body."
        if not expression.startswith(prefix):
            raise ValueError(f"{expression} does not select by the body")
        self._path = expression.removeprefix(prefix).split(".")
        self._routes = routes

    def select(self, body: str) -> str | None:
        """The route key; what is not JSON or names no route goes to the default, if there is one."""
        key = self._value(body)
        if isinstance(key, str) and key in self._routes:
            return key
        return DEFAULT if DEFAULT in self._routes else None

    def _value(self, body: str) -> object:
        try:
            value: object = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        for name in self._path:
            value = value.get(name) if isinstance(value, dict) else None
        return value
