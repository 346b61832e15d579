"""The endpoints of the HTTP API, by the route keys of the route table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Final

from pydantic import BaseModel

from chaingraph.wire.requests import Create, Pause, Resume, Start, Step, Stop
from functions.control.answers import (
    DebuggerAnswer,
    EventsAnswer,
    ExecutionAnswer,
    ExecutionIdAnswer,
    ExecutionsAnswer,
    FlowAnswer,
    FlowsAnswer,
    NodeTypesAnswer,
    RootsAnswer,
    SuccessAnswer,
    TreeAnswer,
)
from functions.control.callback_endpoints import post_callback
from functions.control.execution_endpoints import (
    get_debugger,
    get_events,
    get_execution,
    get_executions,
    get_tree,
    post_execution,
    post_pause,
    post_resume,
    post_start,
    post_step,
    post_stop,
    put_breakpoint,
    remove_breakpoint,
)
from functions.control.flow_endpoints import (
    get_flow,
    get_flow_executions,
    get_flows,
    post_flow,
    put_flow,
    remove_flow,
)
from functions.control.http_messages import Answer
from functions.control.public_endpoints import get_node_types
from functions.control.queries import EventsQuery, ExecutionsQuery, NoQuery, PageQuery, VersionQuery


class FlowDocument(BaseModel):
    """A flow document, as the editor writes it."""

    model_config = {"extra": "allow"}


class CallbackAnswer(BaseModel):
    """What the port that waits for it describes."""

    model_config = {"extra": "allow"}


class Authority(Enum):
    """By what a request may be made: a bearer token, or whatever stands in the path."""

    BEARER = "bearer"
    PATH = "path"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`body`: what is sent; `answers`: the type of what comes back, None where nothing does."""

    answer: Answer
    answers: object
    query: type[BaseModel] = NoQuery
    body: type[BaseModel] | None = None
    status: HTTPStatus = HTTPStatus.OK
    authority: Authority = Authority.BEARER


ENDPOINTS: Final[Mapping[str, Endpoint]] = {
    "GET /v1/node-types": Endpoint(get_node_types, NodeTypesAnswer),
    "POST /v1/flows": Endpoint(post_flow, FlowAnswer, body=FlowDocument, status=HTTPStatus.CREATED),
    "GET /v1/flows": Endpoint(get_flows, FlowsAnswer, query=PageQuery),
    "GET /v1/flows/{flowId}": Endpoint(get_flow, FlowAnswer),
    "PUT /v1/flows/{flowId}": Endpoint(put_flow, FlowAnswer, query=VersionQuery, body=FlowDocument),
    "DELETE /v1/flows/{flowId}": Endpoint(remove_flow, None, status=HTTPStatus.NO_CONTENT),
    "GET /v1/flows/{flowId}/executions": Endpoint(get_flow_executions, RootsAnswer, query=PageQuery),
    "POST /v1/executions": Endpoint(
        post_execution, ExecutionIdAnswer, body=Create, status=HTTPStatus.CREATED
    ),
    "GET /v1/executions": Endpoint(get_executions, ExecutionsAnswer, query=ExecutionsQuery),
    "GET /v1/executions/{executionId}": Endpoint(get_execution, ExecutionAnswer),
    "GET /v1/executions/{executionId}/tree": Endpoint(get_tree, list[TreeAnswer]),
    "GET /v1/executions/{executionId}/events": Endpoint(get_events, EventsAnswer, query=EventsQuery),
    "POST /v1/executions/{executionId}/start": Endpoint(post_start, SuccessAnswer, body=Start),
    "POST /v1/executions/{executionId}/stop": Endpoint(post_stop, SuccessAnswer, body=Stop),
    "POST /v1/executions/{executionId}/pause": Endpoint(post_pause, SuccessAnswer, body=Pause),
    "POST /v1/executions/{executionId}/resume": Endpoint(post_resume, SuccessAnswer, body=Resume),
    "POST /v1/executions/{executionId}/step": Endpoint(post_step, SuccessAnswer, body=Step),
    "GET /v1/executions/{executionId}/debugger": Endpoint(get_debugger, DebuggerAnswer),
    "PUT /v1/executions/{executionId}/breakpoints/{nodeId}": Endpoint(put_breakpoint, SuccessAnswer),
    "DELETE /v1/executions/{executionId}/breakpoints/{nodeId}": Endpoint(remove_breakpoint, SuccessAnswer),
    "POST /v1/callbacks/{token}": Endpoint(
        post_callback, SuccessAnswer, body=CallbackAnswer, authority=Authority.PATH
    ),
}
