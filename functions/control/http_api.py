"""The HTTP API: which endpoint answers a request, and how an answer or a refusal is written."""

import base64
import binascii
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import orjson
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from chaingraph.aws.log_fields import note
from chaingraph.errors import ChaingraphError, NotFound, Rejected, Unauthorized
from chaingraph.ids import UserId
from chaingraph.interfaces import Identities, User
from chaingraph.wire.replies import code_of, http_status, message_for_caller
from functions.control.adapters import ControlAdapters
from functions.control.endpoints import ENDPOINTS, Authority, Endpoint
from functions.control.http_messages import HttpReply, HttpRequest
from functions.control.openapi import openapi_document
from functions.control.public_endpoints import get_health
from functions.websocket import Reply

JSON: Final = {"content-type": "application/json"}
BEARER: Final = "bearer "
NOBODY: Final = User(UserId(""), is_admin=False)


class HttpPayload(BaseModel):
    """API Gateway's payload format 2.0, as far as it is read."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)

    route_key: str
    headers: dict[str, str] = {}
    query_string_parameters: dict[str, str] = {}
    path_parameters: dict[str, str] = {}
    body: str = ""
    is_base64_encoded: bool = False

    def request(self, user: User) -> HttpRequest:
        return HttpRequest(
            parameters=self.path_parameters,
            query=self.query_string_parameters,
            headers=self.headers,
            body=_decoded(self.body) if self.is_base64_encoded else self.body.encode(),
            user=user,
        )


async def answer_http(payload: Mapping[str, object], adapters: ControlAdapters) -> Reply:
    try:
        return _written(await _answer(_read(payload), adapters))
    except ChaingraphError as error:
        return refuse_http(error)


def _read(payload: Mapping[str, object]) -> HttpPayload:
    """What a request has not is left out; some who stand in for API Gateway say null."""
    return HttpPayload.model_validate({name: value for name, value in payload.items() if value is not None})


def refuse_http(error: Exception) -> Reply:
    """The reply to a request that was refused, or that met a fault of ours."""
    problems = error.problems if isinstance(error, ChaingraphError) else ()
    refused = {
        "code": code_of(error).name,
        "message": message_for_caller(error),
        "problems": [{"path": problem.path, "message": problem.message} for problem in problems],
    }
    status = HTTPStatus(http_status(error))
    headers = {**JSON, "www-authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else JSON
    return {"statusCode": status, "headers": headers, "body": orjson.dumps({"error": refused}).decode()}


async def _answer(payload: HttpPayload, adapters: ControlAdapters) -> HttpReply:
    match payload.route_key:
        case "GET /health":
            return await get_health(adapters)
        case "GET /openapi.json":
            return HttpReply(HTTPStatus.OK, openapi_document())
        case key if key in ENDPOINTS:
            return await _answer_endpoint(ENDPOINTS[key], payload, adapters)
        case key:
            raise NotFound(f"there is no route {key}")


async def _answer_endpoint(endpoint: Endpoint, payload: HttpPayload, adapters: ControlAdapters) -> HttpReply:
    if endpoint.authority is Authority.PATH:
        return await endpoint.answer(payload.request(NOBODY), adapters)
    user = await _user(payload.headers, adapters.identities)
    note("user_id", user.id)
    return await endpoint.answer(payload.request(user), adapters)


async def _user(headers: Mapping[str, str], identities: Identities) -> User:
    given = headers.get("authorization", "")
    if given[: len(BEARER)].lower() != BEARER:
        raise Unauthorized("a bearer token is needed (Authorization: Bearer …)")
    return await identities.identify(given[len(BEARER) :].strip())


def _written(answer: HttpReply) -> Reply:
    if answer.body is None:
        return {"statusCode": answer.status}
    return {"statusCode": answer.status, "headers": JSON, "body": answer.body.decode()}


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise Rejected("the body cannot be read") from error
