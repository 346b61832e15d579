"""A flow document in a running system's store: put there once, found again by its content."""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from typing import Final

import orjson

from chaingraph.cli.api import Api
from chaingraph.errors import Conflict, Forbidden, NotFound, Rejected
from chaingraph.graph.json_types import JsonObject, is_object, object_of

# Written into a stored document by the system.
STORED_METADATA: Final = frozenset({"id", "ownerID"})
DIGEST_LENGTH: Final = 24


def store_flow(document: bytes, api: Api) -> str:
    """The id under which the system holds this document.

    That is its own id if it has one, which is free or means the same document; else one that is made of the
    content and the user. Nothing that is stored is ever changed. Raises Rejected with every problem.
    """
    given = _parsed(document)
    for flow_id in _ids(given, api.endpoint.token):
        if _is_found(flow_id, given, api) or _is_stored(flow_id, given, api):
            return flow_id
    without_id = {key: part for key, part in given.items() if key != "id"}
    return str(api.post("flows", body=orjson.dumps(without_id))["id"])


def _is_found(flow_id: str, document: JsonObject, api: Api) -> bool:
    try:
        stored = api.get("flows", flow_id)
    except (NotFound, Forbidden):
        return False
    return _content(object_of(stored.get("document"))) == _content(document)


def _is_stored(flow_id: str, document: JsonObject, api: Api) -> bool:
    """Whether the document is there now: it was stored, or somebody else did so at the same moment."""
    try:
        api.post("flows", body=orjson.dumps({**document, "id": flow_id}))
    except Conflict:
        return _is_found(flow_id, document, api)
    return True


def _parsed(document: bytes) -> JsonObject:
    try:
        given: object = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise Rejected(f"the flow document is not JSON: {error}") from error
    if not is_object(given):
        raise Rejected("a flow document must be a JSON object")
    return given


def _ids(document: JsonObject, token: str) -> Iterable[str]:
    own = document.get("id")
    if isinstance(own, str) and own:
        yield own
    content = orjson.dumps([_subject(token), _content(document)], option=orjson.OPT_SORT_KEYS)
    yield f"V2{hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]}"


def _content(document: JsonObject) -> JsonObject:
    """The document without its id and its owner."""
    metadata = document.get("metadata", {})
    if is_object(metadata):
        metadata = {key: part for key, part in metadata.items() if key not in STORED_METADATA}
    return {**{key: part for key, part in document.items() if key != "id"}, "metadata": metadata}


def _subject(token: str) -> str:
    """Whom the token is for. Only the system checks whether that is true."""
    claims = token.split(".")[1] if token.count(".") > 1 else ""
    try:
        return str(object_of(orjson.loads(base64.urlsafe_b64decode(claims + "==="))).get("sub"))
    except (binascii.Error, ValueError) as error:
        raise Rejected("the token is not a JWT") from error
