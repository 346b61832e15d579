"""Values read from JSON and YAML texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output, Passthrough
from chaingraph.graph.defaults import properties_of
from chaingraph.graph.json_types import JsonList, JsonObject, is_list, is_number, is_object, object_of
from chaingraph.graph.kinds import any_value, boolean, enum, number, record, string
from chaingraph.graph.missing import MISSING
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.nodes.script_json import parsed_json
from chaingraph.nodes.script_values import as_text, finite

CATEGORY: Final = "utilities"
USUAL_DEPTH: Final = 6

Config = Mapping[str, object]


class JsonYamlDeserializerNode(NodeType, title="JSON/YAML Deserializer", category=CATEGORY, pure=True):
    """Reads a JSON or YAML text and keeps what a schema describes.

    A field that is missing or of another type is an error, or null where missing fields are ignored. Below
    the greatest depth (0 stands for 6) values are taken as they are.
    """

    output_schema = Passthrough(any_value())
    input_string = Passthrough(string())
    input_format = Passthrough(enum({"auto": "Auto", "json": "JSON", "yaml": "YAML"}, default="auto"))
    ignore_missing_fields = Passthrough(boolean())
    max_depth = Passthrough(number())
    deserialized_object = Output(any_value())

    def run(self, scope: Scope) -> None:
        schema = object_of(scope.port_config("outputSchema").get("underlyingType"))
        if not schema:
            raise Rejected("Output schema is required")
        value = _parsed(as_text(self.input_string), self.input_format)
        depth = int(finite(self.max_depth)) or USUAL_DEPTH
        extractor = _Extractor(depth=depth, ignores_missing=self.ignore_missing_fields is True)
        self.deserialized_object = extractor.extracted(schema, value, "", 0)


class SchemaInferNode(NodeType, title="Schema Infer", category=CATEGORY, pure=True):
    """Reads a JSON or YAML text; null where it is none. The editor takes the schema from it."""

    input = Passthrough(string())
    options = Passthrough(
        record(
            {
                "allRequired": boolean(default=True),
                "inferArrayItemType": boolean(default=True),
                "maxDepth": number(default=10),
            }
        )
    )
    output = Output(any_value())

    def run(self, scope: Scope) -> None:
        try:
            self.output = _parsed(as_text(self.input), "auto")
        except Rejected:
            self.output = None


class GetPortSchemaNode(NodeType, title="Get Port Schema", category=CATEGORY, pure=True):
    """The schema of what is connected; the editor writes it down."""

    input = Input(any_value())
    port_schema = Output(record(schema_is_mutable=True))

    def run(self, scope: Scope) -> None:
        pass


def _parsed(text: str, form: str | None) -> object:
    if form == "json":
        return parsed_json(text)
    # Loading the library takes longer than most flows.
    from chaingraph.nodes.yaml_texts import parsed_yaml  # noqa: PLC0415

    if form == "yaml":
        return parsed_yaml(text)
    try:
        return parsed_json(text)
    except Rejected:
        return parsed_yaml(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extractor:
    """Takes from a value what a port's configuration describes."""

    depth: int
    ignores_missing: bool

    def extracted(self, config: Config, value: object, path: str, depth: int) -> object:
        kind = config.get("type")
        if value is None or kind == "any" or depth >= self.depth:
            return value
        if kind == "object" and is_object(value):
            return self._fields(config, value, path, depth)
        if kind == "array" and is_list(value):
            return self._elements(config, value, path, depth)
        if _is_of(kind, value):
            return value
        return self._refuse(f"{path or 'the value'} must be of type {kind}")

    def _fields(self, config: Config, value: JsonObject, path: str, depth: int) -> JsonObject:
        fields: JsonObject = {}
        for key, field in properties_of(config).items():
            place = f"{path}.{key}" if path else key
            found = value.get(key, MISSING)
            if found is MISSING:
                fields[key] = self._refuse(f"{place} is missing")
            else:
                fields[key] = self.extracted(object_of(field), found, place, depth + 1)
        return fields

    def _elements(self, config: Config, value: JsonList, path: str, depth: int) -> JsonList:
        described = object_of(config.get("itemConfig"))
        return [
            self.extracted(described, element, f"{path}[{place}]", depth + 1)
            for place, element in enumerate(value)
        ]

    def _refuse(self, message: str) -> None:
        if not self.ignores_missing:
            raise Rejected(message)


def _is_of(kind: object, value: object) -> bool:
    if kind == "number":
        return is_number(value)
    if kind == "boolean":
        return isinstance(value, bool)
    return kind in {"string", "enum"} and isinstance(value, str)


NODE_TYPES = (JsonYamlDeserializerNode, SchemaInferNode, GetPortSchemaNode)
