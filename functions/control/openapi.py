"""The OpenAPI document of the HTTP API, made from the route table, the endpoints and their models."""

import inspect
import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Final

import orjson
from pydantic import BaseModel, TypeAdapter

from chaingraph.graph.json_types import JsonObject, list_of, object_of
from functions.control.answers import ErrorAnswer, HealthAnswer
from functions.control.endpoints import ENDPOINTS, Authority, Endpoint
from functions.control.public_endpoints import get_health
from functions.control.queries import NoQuery
from functions.route_table import HTTP_ROUTES, HttpRoute

VERSION: Final = "1.0.0"
PARAMETER: Final = re.compile(r"\{(\w+)\}")
REFERENCE: Final = "#/components/schemas/{model}"
BEARER: Final[JsonObject] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
REFUSED: Final[JsonObject] = {"$ref": "#/components/responses/Refused"}


@cache
def openapi_document() -> bytes:
    schemas = _Schemas()
    return orjson.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "ChainGraph executions", "version": VERSION},
            "security": [{"bearer": []}],
            "paths": _paths(schemas),
            "components": {
                "securitySchemes": {"bearer": BEARER},
                "responses": {"Refused": _answer("What is wrong with the request", ErrorAnswer, schemas)},
                "schemas": schemas.collected,
            },
        }
    )


class _Schemas:
    """Collects the schemas that others refer to."""

    def __init__(self) -> None:
        self.collected: JsonObject = {}

    def of(self, described: object) -> JsonObject:
        # Any type may be described; there is no word yet for the type of a type that is not a class.
        adapter = TypeAdapter[object](described)  # pyright: ignore[reportArgumentType]
        schema: JsonObject = adapter.json_schema(ref_template=REFERENCE)
        self.collected.update(object_of(schema.pop("$defs", {})))
        return schema


def _paths(schemas: _Schemas) -> Mapping[str, JsonObject]:
    paths: dict[str, JsonObject] = {}
    for route in HTTP_ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return paths


def _operation(route: HttpRoute, schemas: _Schemas) -> JsonObject:
    endpoint = ENDPOINTS.get(route.key)
    return _public(route, schemas) if endpoint is None else _described(route, endpoint, schemas)


def _public(route: HttpRoute, schemas: _Schemas) -> JsonObject:
    is_health = route.path == "/health"
    summary = inspect.getdoc(get_health) if is_health else "The OpenAPI document of this API."
    answers = HealthAnswer if is_health else dict[str, object]
    return {
        "operationId": "get_health" if is_health else "get_openapi",
        "summary": summary,
        "security": [],
        "responses": {"200": _answer("OK", answers, schemas)},
    }


def _described(route: HttpRoute, endpoint: Endpoint, schemas: _Schemas) -> JsonObject:
    named: list[str] = PARAMETER.findall(route.path)
    operation: JsonObject = {
        "operationId": getattr(endpoint.answer, "__name__", route.key),
        "summary": inspect.getdoc(endpoint.answer),
        "parameters": [*_path_parameters(named), *_query_parameters(endpoint.query, schemas)],
        "responses": {
            str(endpoint.status.value): _answer(endpoint.status.phrase, endpoint.answers, schemas),
            "default": REFUSED,
        },
    }
    if endpoint.authority is Authority.PATH:
        operation["security"] = []
    if endpoint.body is not None:
        operation["requestBody"] = _body(endpoint.body, named, schemas)
    return operation


def _path_parameters(names: Iterable[str]) -> Iterable[JsonObject]:
    return ({"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names)


def _query_parameters(query: type[BaseModel], schemas: _Schemas) -> Iterable[JsonObject]:
    if query is NoQuery:
        return
    schema = schemas.of(query)
    required = list_of(schema.get("required"))
    for name, described in object_of(schema.get("properties")).items():
        yield {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": described,
            "explode": False,
        }


def _body(model: type[BaseModel], in_path: Collection[object], schemas: _Schemas) -> JsonObject:
    """What stands in the path does not stand in the body."""
    schema = schemas.of(model)
    properties = {
        name: part for name, part in object_of(schema.get("properties")).items() if name not in in_path
    }
    required = [name for name in list_of(schema.get("required")) if name not in in_path]
    described: JsonObject = {**schema, "properties": properties, "required": required}
    return {"required": bool(required), "content": {"application/json": {"schema": described}}}


def _answer(description: str, answers: object, schemas: _Schemas) -> JsonObject:
    if answers is None:
        return {"description": description}
    return {
        "description": description,
        "content": {"application/json": {"schema": schemas.of(answers)}},
    }
