"""Store, read, change and delete flows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from chaingraph.errors import Problem, Rejected, TooLarge, rejected
from chaingraph.graph.document import UNTITLED
from chaingraph.graph.flow import Flow
from chaingraph.graph.json_types import is_object
from chaingraph.graph.limits import MAX_DOCUMENT_BYTES
from chaingraph.ids import FlowId, UserId
from chaingraph.interfaces import Flows, FlowSummary, Page, StoredFlow, User
from chaingraph.usecases.access import permitted_flow, visible_owner
from chaingraph.usecases.checked_flows import CheckedFlows

# What stands in an address without being escaped.
FLOW_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


@dataclass(frozen=True, slots=True)
class FlowUpdate:
    """`version` is the one that was read: an update of an older one is refused."""

    flow_id: FlowId
    version: int
    document: bytes


async def create_flow(
    document: bytes, user: User, *, new_id: FlowId, flows: Flows, checked_flows: CheckedFlows
) -> StoredFlow:
    """Store a flow under the id it brings, or under `new_id`.

    Raises Rejected with every problem, Conflict when the id is taken, TooLarge.
    """
    given = _parsed(document)
    flow_id = given.get("id", new_id)
    if not isinstance(flow_id, str) or not FLOW_ID.fullmatch(flow_id):
        raise rejected([Problem("id", "must be a text of 1 to 100 letters, digits, '-', '_', '.' or ':'")])
    stored = _owned(given, FlowId(flow_id), user.id)
    flow = checked_flows.flow(stored)
    return await flows.create(FlowId(flow_id), owner_id=user.id, name=_name(flow), document=stored)


async def read_flow(flow_id: FlowId, user: User, *, flows: Flows) -> StoredFlow:
    """Raises NotFound, Forbidden."""
    return await permitted_flow(flow_id, user, flows=flows)


async def list_flows(page: Page, user: User, *, flows: Flows) -> list[FlowSummary]:
    """The user's flows, an admin's: everybody's; newest first."""
    return await flows.list_of(visible_owner(user), page)


async def update_flow(
    update: FlowUpdate, user: User, *, flows: Flows, checked_flows: CheckedFlows
) -> StoredFlow:
    """Executions keep their pinned copy.

    Raises NotFound, Forbidden, Rejected with every problem, Conflict, TooLarge.
    """
    current = await permitted_flow(update.flow_id, user, flows=flows)
    given = _parsed(update.document)
    if given.get("id", update.flow_id) != update.flow_id:
        raise rejected([Problem("id", f"the document is of another flow than {update.flow_id}")])
    stored = _owned(given, update.flow_id, current.owner_id)
    flow = checked_flows.flow(stored)
    return await flows.update(update.flow_id, version=update.version, name=_name(flow), document=stored)


async def delete_flow(flow_id: FlowId, user: User, *, flows: Flows) -> None:
    """Executions keep their pinned copy. Raises NotFound, Forbidden."""
    await permitted_flow(flow_id, user, flows=flows)
    await flows.delete(flow_id)


def _parsed(document: bytes) -> Mapping[str, object]:
    if len(document) > MAX_DOCUMENT_BYTES:
        raise TooLarge(f"a flow document may have {MAX_DOCUMENT_BYTES} bytes, this one has {len(document)}")
    try:
        parsed: object = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise Rejected(f"the flow document is not JSON: {error}") from error
    if not is_object(parsed):
        raise Rejected("a flow document must be a JSON object")
    return parsed


def _owned(document: Mapping[str, object], flow_id: FlowId, owner_id: UserId) -> bytes:
    """The document under its id and its owner; whatever else it says stays."""
    given = document.get("metadata", {})
    if not is_object(given):
        return orjson.dumps({**document, "id": flow_id})  # the check names it
    metadata = {**given, "id": flow_id, "ownerID": owner_id}
    return orjson.dumps({**document, "id": flow_id, "metadata": metadata})


def _name(flow: Flow) -> str:
    name = flow.metadata.get("name")
    return name if isinstance(name, str) and name else UNTITLED
