"""Secrets: what travels in a flow's values is a reference; the words exist in the body that uses them only.

A reference says where the words are kept: under a name in the vault of the system, or written down in a node
of the flow. It may be stored, shown and sent, and means the same after a crash.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from chaingraph.errors import Rejected
from chaingraph.graph.json_types import JsonObject, is_object
from chaingraph.ids import NodeId, PortId

# Which fields each type of secret has.
SECRET_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "openai": ("apiKey",),
    "anthropic": ("apiKey",),
    "gemini": ("apiKey",),
    "deepseek": ("apiKey",),
    "groq": ("apiKey",),
    "moonshot": ("apiKey",),
    "coinmarketcap": ("apiKey",),
    "alchemy": ("apiKey",),
    "0g": ("privateKey",),
    "xAPI": ("key", "secretKey"),
    "xApp": ("key", "secretKey"),
    "OkxDexApi": ("apiKey", "secretKey", "apiPassphrase"),
    "string": ("value",),
}

# The port in which a flow may hold the words of a secret, and the node type that has it.
WRITTEN_PORT: Final = PortId("unencryptedData")
WRITTEN_NODE: Final = "UnencryptedSecret"


@dataclass(frozen=True, slots=True)
class Secret:
    """The words themselves, by field. Cannot be stored, and does not show them."""

    type: str
    fields: Mapping[str, str] = field(repr=False)

    def word(self, *names: str) -> str:
        """The first of these fields that it has; its only one, if it has no other."""
        for name in names:
            if self.fields.get(name):
                return self.fields[name]
        if len(self.fields) == 1:
            return next(iter(self.fields.values()))
        raise Rejected(f"a secret of type {self.type} has no field {' or '.join(names)}")

    def __reduce__(self) -> str:
        raise TypeError("a secret is not stored")


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """A reference to what the vault keeps under a name."""

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class WrittenSecret:
    """A reference to what is written down in a node of the flow."""

    type: str
    node_id: NodeId


def reference_value(reference: KeptSecret | WrittenSecret) -> JsonObject:
    """The reference as the value of a port."""
    match reference:
        case KeptSecret(type=type_, name=name):
            return {"secret": {"type": type_, "name": name}}
        case WrittenSecret(type=type_, node_id=node_id):
            return {"secret": {"type": type_, "nodeId": node_id}}


def reference_of(value: object) -> KeptSecret | WrittenSecret | None:
    """The reference that a value is, or None."""
    reference = value.get("secret") if is_object(value) and len(value) == 1 else None
    if not is_object(reference) or not isinstance(reference.get("type"), str):
        return None
    match reference:
        case {"type": str(type_), "name": str(name)} if len(reference) == 2:  # noqa: PLR2004
            return KeptSecret(type_, name)
        case {"type": str(type_), "nodeId": str(node_id)} if len(reference) == 2:  # noqa: PLR2004
            return WrittenSecret(type_, NodeId(node_id))
        case _:
            return None


def fields_of(text: str) -> dict[str, str]:
    """The fields of a JSON object; any other text is a secret with the field `value`."""
    try:
        found: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {"value": text}
    return words(found) if is_object(found) else {"value": text}


def words(fields: object) -> dict[str, str]:
    """The fields of a secret that are texts."""
    return {key: word for key, word in fields.items() if isinstance(word, str)} if is_object(fields) else {}
