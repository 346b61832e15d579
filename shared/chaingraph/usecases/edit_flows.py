"""Store, read, change and delete flows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import orjson

from chaingraph.errors import Problem, TooLarge, rejected
from chaingraph.ids import FlowId, UserId
from chaingraph.interfaces import Flows, FlowSummary, Page, StoredFlow, User
from chaingraph.usecases.access import permitted_flow, visible_owner
from chaingraph.usecases.checked_flows import MAX_DOCUMENT_BYTES, CheckedFlows

UNTITLED = "Untitled Flow"


@dataclass(frozen=True, slots=True)
class FlowUpdate:
    """`version` is the one that was read: an update of an older one is refused."""

    flow_id: FlowId
    version: int
    document: object


async def create_flow(
    document: object, user: User, *, new_id: FlowId, flows: Flows, checked_flows: CheckedFlows
) -> StoredFlow:
    """Store a flow under the id it brings, or under `new_id`.

    Raises Rejected with every problem, Conflict when the id is taken, TooLarge.
    """
    given = _mapping(document)
    flow_id = FlowId(str(given["id"])) if given.get("id") else new_id
    stored = _owned(given, flow_id, user.id)
    encoded = _checked(stored, checked_flows)
    return await flows.create(flow_id, owner_id=user.id, name=_name(stored), document=encoded)


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
    given = _mapping(update.document)
    if given.get("id", update.flow_id) != update.flow_id:
        raise rejected([Problem("id", f"the document is of flow {given['id']!r}, not {update.flow_id!r}")])
    stored = _owned(given, update.flow_id, current.owner_id)
    encoded = _checked(stored, checked_flows)
    return await flows.update(update.flow_id, version=update.version, name=_name(stored), document=encoded)


async def delete_flow(flow_id: FlowId, user: User, *, flows: Flows) -> None:
    """Executions keep their pinned copy. Raises NotFound, Forbidden."""
    await permitted_flow(flow_id, user, flows=flows)
    await flows.delete(flow_id)


def _mapping(document: object) -> Mapping[str, object]:
    if not isinstance(document, dict):
        raise rejected([Problem("", "a flow is a JSON object")])
    return cast("dict[str, object]", document)


def _owned(document: Mapping[str, object], flow_id: FlowId, owner_id: UserId) -> dict[str, object]:
    """The document under its id and its owner; whatever else it says stays."""
    given = document.get("metadata", {})
    if not isinstance(given, dict):
        return {**document, "id": flow_id}  # the check names it
    metadata = {**cast("dict[str, object]", given), "id": flow_id, "ownerID": owner_id}
    return {**document, "id": flow_id, "metadata": metadata}


def _checked(document: dict[str, object], checked_flows: CheckedFlows) -> bytes:
    encoded = orjson.dumps(document)
    if len(encoded) > MAX_DOCUMENT_BYTES:
        raise TooLarge(f"a flow has at most {MAX_DOCUMENT_BYTES} bytes, this one {len(encoded)}")
    checked_flows.check(document)
    return encoded


def _name(document: Mapping[str, object]) -> str:
    metadata = document.get("metadata")
    name = cast("dict[str, object]", metadata).get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) and name else UNTITLED
