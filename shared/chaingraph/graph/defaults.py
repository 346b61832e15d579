"""Which value a port has when nobody has given it one: its own default, and the defaults of its fields."""

from collections.abc import Mapping

from chaingraph.graph.json_types import JsonObject, is_object, object_of
from chaingraph.graph.missing import MISSING


def default_value(config: Mapping[str, object]) -> object:
    """The default in its stored form, or MISSING; a field's default wins over the object's own one."""
    own = config.get("defaultValue", MISSING)
    if config.get("type") != "object":
        return own
    fields = _field_defaults(config)
    if is_object(own):
        return {**fields, **{key: value for key, value in own.items() if key not in fields}}
    return fields or own


def with_field_defaults(config: Mapping[str, object], value: object) -> object:
    """An object with the defaults of the schema's fields that it lacks; other values as they are."""
    properties = properties_of(config)
    if not properties or config.get("type") != "object" or not is_object(value):
        return value
    filled: JsonObject = {}
    for key, field in properties.items():
        known = _field_value(object_of(field), value, key)
        if known is not MISSING:
            filled[key] = known
    filled.update((key, extra) for key, extra in value.items() if key not in filled)
    return filled


def properties_of(config: Mapping[str, object]) -> JsonObject:
    """The fields that an object port's schema describes."""
    return object_of(object_of(config.get("schema")).get("properties"))


def _field_value(field: JsonObject, value: JsonObject, key: str) -> object:
    return with_field_defaults(field, value[key]) if key in value else default_value(field)


def _field_defaults(config: Mapping[str, object]) -> JsonObject:
    defaults = {key: default_value(object_of(field)) for key, field in properties_of(config).items()}
    return {key: value for key, value in defaults.items() if value is not MISSING}
