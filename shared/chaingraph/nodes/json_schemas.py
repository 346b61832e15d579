"""JSON schemas of ports: what a language model is asked for."""

from collections.abc import Callable, Mapping
from typing import Final

from chaingraph.graph.defaults import properties_of
from chaingraph.graph.json_types import JsonObject, is_list, is_number, is_object, list_of, object_of

Config = Mapping[str, object]

_LIMITS: Final[Mapping[str, Mapping[str, str]]] = {
    "string": {"minLength": "minLength", "maxLength": "maxLength"},
    "number": {"min": "minimum", "max": "maximum"},
    "array": {"minLength": "minItems", "maxLength": "maxItems"},
}


def json_schema(config: Config) -> JsonObject:
    """The schema of a port's values; what is not required may be null."""
    schema = _described(config)
    kind = schema.get("type")
    if config.get("required") is True or not isinstance(kind, str):
        return schema
    nullable: JsonObject = {**schema, "type": [kind, "null"]}
    if "enum" in nullable:
        nullable["enum"] = [*list_of(nullable["enum"]), None]
    return nullable


def described_part(config: Config, value: object) -> object:
    """The value without the fields that the port does not describe."""
    properties = properties_of(config)
    if config.get("type") == "object" and properties and is_object(value):
        return {
            key: described_part(object_of(field), value[key])
            for key, field in properties.items()
            if key in value
        }
    if config.get("type") == "array" and is_list(value):
        element = object_of(config.get("itemConfig"))
        return [described_part(element, found) for found in value]
    return value


def _described(config: Config) -> JsonObject:
    kind = str(config.get("type"))
    schema = _KINDS.get(kind, _anything)(config)
    for theirs, ours in _LIMITS.get(kind, {}).items():
        if is_number(config.get(theirs)):
            schema[ours] = config[theirs]
    described = config.get("description") or config.get("title")
    if isinstance(described, str) and described:
        schema["description"] = described
    return schema


def _text(_: Config) -> JsonObject:
    return {"type": "string"}


def _number(config: Config) -> JsonObject:
    return {"type": "integer" if config.get("integer") is True else "number"}


def _boolean(_: Config) -> JsonObject:
    return {"type": "boolean"}


def _enum(config: Config) -> JsonObject:
    ids = [object_of(option).get("id") for option in list_of(config.get("options"))]
    return {"type": "string", "enum": ids} if ids else {"type": "string"}


def _array(config: Config) -> JsonObject:
    element = object_of(config.get("itemConfig"))
    # There are no gaps in a list: its elements are there.
    return (
        {"type": "array", "items": json_schema({**element, "required": True})}
        if element
        else {"type": "array"}
    )


def _object(config: Config) -> JsonObject:
    properties = properties_of(config)
    required = [key for key, field in properties.items() if object_of(field).get("required") is True]
    schema: JsonObject = {"type": "object"}
    if properties:
        schema["properties"] = {key: json_schema(object_of(field)) for key, field in properties.items()}
    return {**schema, "required": required} if required else schema


def _anything(config: Config) -> JsonObject:
    underlying = object_of(config.get("underlyingType"))
    return _described(underlying) if underlying else {}


_KINDS: Final[Mapping[str, Callable[[Config], JsonObject]]] = {
    "string": _text,
    "number": _number,
    "boolean": _boolean,
    "enum": _enum,
    "array": _array,
    "object": _object,
}
