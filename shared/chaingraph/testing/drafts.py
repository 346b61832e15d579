"""Flow documents put together in a test."""

from collections.abc import Iterable, Mapping

from chaingraph.errors import Rejected
from chaingraph.graph.catalogue import new_node_document
from chaingraph.graph.json_types import JsonList, JsonObject, is_object, list_of, object_of
from chaingraph.graph.node_types import NodeType, NodeTypes
from chaingraph.graph.nodes import SCHEMA_VERSION
from chaingraph.graph.streams import Stream
from chaingraph.nodes.built_in import built_in_node_types

FLOW_ID = "V2draft"


class FlowDraft:
    """A flow as an editor would store it.

    draft = FlowDraft()
    text = draft.add("TextNode", {"text": "one two"})
    count = draft.add(WordCount)
    draft.join(f"{text}.text", f"{count}.text")
    """

    def __init__(self, node_types: Iterable[type[NodeType]] = ()) -> None:
        self._node_types = built_in_node_types().merged(NodeTypes.of(*node_types))
        self._nodes: dict[str, JsonObject] = {}
        self._edges: list[JsonObject] = []

    @property
    def node_types(self) -> NodeTypes:
        """The built-in types, and those of the nodes."""
        return self._node_types

    @property
    def document(self) -> JsonObject:
        metadata: JsonObject = {"name": "Draft", "schemaVersion": SCHEMA_VERSION}
        nodes: JsonList = [*self._nodes.values()]
        return {"id": FLOW_ID, "metadata": metadata, "nodes": nodes, "edges": [*self._edges]}

    def add(
        self,
        node_type: type[NodeType] | str,
        values: Mapping[str, object] | None = None,
        *,
        node_id: str = "",
        metadata: Mapping[str, object] | None = None,
    ) -> str:
        """Add a node with these values of its ports, by port id. Answers the node's id."""
        definition = self._definition(node_type)
        node_id = node_id or self._free_id(definition.type_name)
        if node_id in self._nodes:
            raise Rejected(f"there is another node {node_id!r}")
        document = new_node_document(definition, node_id)
        document["metadata"] = {**object_of(document["metadata"]), **(metadata or {})}
        _set_values(document, definition, values or {})
        self._nodes[node_id] = document
        return node_id

    def join(self, source: str, target: str, *, metadata: Mapping[str, object] | None = None) -> None:
        """Add an edge between two ports, `node.port` each."""
        source_node, source_port = source.split(".", 1)
        target_node, target_port = target.split(".", 1)
        self._edges.append(
            {
                "id": f"{source}->{target}",
                "sourceNodeId": source_node,
                "sourcePortId": source_port,
                "targetNodeId": target_node,
                "targetPortId": target_port,
                "metadata": dict(metadata or {}),
            }
        )

    def _definition(self, node_type: type[NodeType] | str) -> type[NodeType]:
        if not isinstance(node_type, str):
            self._node_types = self._node_types.merged(NodeTypes.of(node_type))
            return node_type
        found = self._node_types.get(node_type)
        if found is None:
            raise Rejected(f"there is no node type {node_type!r}")
        return found

    def _free_id(self, type_name: str) -> str:
        taken = sum(1 for node in self._nodes.values() if node["type"] == type_name)
        return f"{type_name}{taken + 1}"


def _set_values(document: JsonObject, definition: type[NodeType], values: Mapping[str, object]) -> None:
    ports = [port for port in list_of(document["ports"]) if is_object(port)]
    by_id = {str(object_of(port["config"])["id"]): port for port in ports}
    for port_id, value in values.items():
        if port_id not in by_id:
            raise Rejected(f"{definition.type_name} has no port {port_id!r}; it has {', '.join(by_id)}")
        by_id[port_id]["value"] = _stored(value)


def _stored(value: object) -> object:
    if isinstance(value, Stream):
        return {"type": "stream", "buffer": list(value.buffer), "isClosed": value.is_closed}
    return value
