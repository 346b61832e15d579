"""An HTTP request as an endpoint sees it, and its reply."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar, cast

import orjson
from pydantic import BaseModel

from chaingraph.errors import Problem, Rejected
from chaingraph.graph.json_types import JsonObject, is_object
from chaingraph.interfaces import User
from chaingraph.wire.requests import parse
from chaingraph.wire.values import Value, plain_json
from functions.control.adapters import ControlAdapters

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """`parameters` are those of the path; the names of `headers` are lower case."""

    parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    user: User

    def queried(self, model: type[Model]) -> Model:
        """Raises Rejected with every wrong parameter."""
        return parse(model, dict(self.query))

    def addressed(self, model: type[Model]) -> Model:
        """What the path alone names. Raises Rejected."""
        return parse(model, dict(self.parameters))

    def posted(self, model: type[Model]) -> Model:
        """The body together with the path's parameters. Raises Rejected with every wrong field."""
        return parse(model, cast("dict[str, Value]", {**self._json(), **self.parameters}))

    def _json(self) -> JsonObject:
        """A body that is not there says nothing."""
        try:
            json: object = orjson.loads(self.body) if self.body.strip() else {}
        except orjson.JSONDecodeError as error:
            raise Rejected("the body is not JSON", [Problem("", f"not JSON: {error}")]) from error
        if not is_object(json):
            raise Rejected("the body must be a JSON object")
        return json


@dataclass(frozen=True, slots=True)
class HttpReply:
    """`body` is encoded JSON."""

    status: HTTPStatus
    body: bytes | None


Answer = Callable[[HttpRequest, ControlAdapters], Awaitable[HttpReply]]


def json_reply(value: object, status: HTTPStatus = HTTPStatus.OK) -> HttpReply:
    """Instants are written as JavaScript writes a Date."""
    return HttpReply(status, orjson.dumps(plain_json(cast("Value", value))))
