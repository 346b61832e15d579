import orjson
import pytest
from openapi_spec_validator import validate

from functions.control.endpoints import ENDPOINTS
from functions.control.openapi import openapi_document
from functions.route_table import HTTP_ROUTES
from tests.functions.api import Api

PUBLIC = {"GET /health", "GET /openapi.json"}
OPEN = {*PUBLIC, "POST /v1/callbacks/{token}"}


def test_every_route_has_an_endpoint_and_every_endpoint_a_route() -> None:
    assert {route.key for route in HTTP_ROUTES} == {*ENDPOINTS, *PUBLIC}


def test_every_route_is_described() -> None:
    paths = orjson.loads(openapi_document())["paths"]

    for route in HTTP_ROUTES:
        operation = paths[route.path][route.method.lower()]
        assert operation["summary"], route.key
        assert (operation.get("security") == []) == (route.key in OPEN)


def test_every_operation_has_its_own_name() -> None:
    paths = orjson.loads(openapi_document())["paths"]

    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]

    assert len(set(names)) == len(names)


def test_every_reference_leads_somewhere() -> None:
    text = openapi_document()
    parsed = orjson.loads(text)

    references = {part.split(b'"')[0].decode() for part in text.split(b'"$ref":"#/')[1:]}

    assert references
    for reference in references:
        place = parsed
        for key in reference.split("/"):
            place = place[key]


def test_what_stands_in_the_path_is_not_asked_for_in_the_body() -> None:
    paths = orjson.loads(openapi_document())["paths"]

    stop = paths["/v1/executions/{executionId}/stop"]["post"]

    schema = stop["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]) == {"reason", "cascade"}
    assert stop["requestBody"]["required"] is False


@pytest.mark.anyio
async def test_the_document_is_served_without_a_token() -> None:
    answer = await Api().http("GET /openapi.json", bearer="")

    assert answer.json["openapi"] == "3.1.0"


def test_the_document_obeys_the_specification() -> None:
    validate(orjson.loads(openapi_document()))
