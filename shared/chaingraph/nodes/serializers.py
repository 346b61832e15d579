"""Values written as JSON or YAML texts."""

from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.json_texts import compact_json, indented_json
from chaingraph.graph.kinds import any_value, boolean, string
from chaingraph.graph.node_types import NodeType, Scope

CATEGORY = "utilities"


class JSONSerializerNode(NodeType, title="JSON Serializer", category=CATEGORY, pure=True):
    """Writes any value as JSON."""

    value = Input(any_value(), key="data")
    pretty = Input(boolean())
    json = Output(string())

    def run(self, scope: Scope) -> None:
        self.json = indented_json(self.value) if self.pretty else compact_json(self.value)


class YAMLSerializerNode(NodeType, title="YAML Serializer", category=CATEGORY, pure=True):
    """Writes any value as YAML."""

    value = Input(any_value(), key="data")
    include_directives = Input(boolean(), description="Begin with a document marker")
    quoting_strings = Input(boolean(), description="Put every text into quotes")
    yaml = Output(string())

    def run(self, scope: Scope) -> None:
        if self.value is None:
            self.yaml = "null"
            return
        # Loading the library takes longer than most flows.
        from chaingraph.nodes import yaml_texts  # noqa: PLC0415

        write = yaml_texts.quoted_yaml_text if self.quoting_strings else yaml_texts.yaml_text
        self.yaml = ("---\n" if self.include_directives else "") + write(self.value)


NODE_TYPES = (JSONSerializerNode, YAMLSerializerNode)
