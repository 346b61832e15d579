"""Flows over HTTP."""

from http import HTTPStatus

import orjson
from pydantic import BaseModel, ConfigDict, Field

from chaingraph.ids import FlowId, new_flow_id
from chaingraph.interfaces import StoredFlow
from chaingraph.usecases.edit_flows import (
    FlowUpdate,
    create_flow,
    delete_flow,
    list_flows,
    read_flow,
    update_flow,
)
from chaingraph.usecases.read_executions import root_executions
from functions.control.adapters import ControlAdapters
from functions.control.answers import flow_summary_answer, root_answer
from functions.control.http_messages import HttpReply, HttpRequest, json_reply
from functions.control.paging import following, page_of
from functions.control.queries import NoQuery, PageQuery, VersionQuery


class FlowAddress(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    flow_id: FlowId = Field(alias="flowId", min_length=1, max_length=200)


async def post_flow(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Store a flow document. Without an id it gets one."""
    request.queried(NoQuery)
    stored = await create_flow(
        request.body,
        request.user,
        new_id=new_flow_id(adapters.randomness),
        flows=adapters.flows,
        checked_flows=adapters.rules.checked_flows,
    )
    return _flow_reply(stored, HTTPStatus.CREATED)


async def get_flows(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """List flows, newest first: your own, as admin everybody's."""
    page = page_of(request.queried(PageQuery))
    found = await list_flows(page, request.user, flows=adapters.flows)
    return json_reply(
        {"flows": [flow_summary_answer(flow) for flow in found], "next": following(found, page)}
    )


async def get_flow(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Read a flow with its document and its version."""
    request.queried(NoQuery)
    flow_id = request.addressed(FlowAddress).flow_id
    return _flow_reply(await read_flow(flow_id, request.user, flows=adapters.flows), HTTPStatus.OK)


async def put_flow(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Replace a flow's document, if nobody has changed it since the version that was read."""
    version = request.queried(VersionQuery).version
    flow_id = request.addressed(FlowAddress).flow_id
    stored = await update_flow(
        FlowUpdate(flow_id, version, request.body),
        request.user,
        flows=adapters.flows,
        checked_flows=adapters.rules.checked_flows,
    )
    return _flow_reply(stored, HTTPStatus.OK)


async def remove_flow(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Delete a flow. Its executions keep the document they were created with."""
    request.queried(NoQuery)
    await delete_flow(request.addressed(FlowAddress).flow_id, request.user, flows=adapters.flows)
    return HttpReply(HTTPStatus.NO_CONTENT, None)


async def get_flow_executions(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """List the root executions of a flow, newest first."""
    page = page_of(request.queried(PageQuery))
    roots = await root_executions(
        request.addressed(FlowAddress).flow_id,
        page,
        request.user,
        flows=adapters.flows,
        executions=adapters.executions,
    )
    answer = [root_answer(root) for root in roots]
    return json_reply({"executions": answer, "next": following([root.execution for root in roots], page)})


def _flow_reply(flow: StoredFlow, status: HTTPStatus) -> HttpReply:
    """The document is joined as it was stored."""
    head = json_reply(flow_summary_answer(flow)).body or b"{}"
    return HttpReply(status, b"%b,%b:%b}" % (head[:-1], orjson.dumps("document"), flow.document))
