"""What a port's configuration declares secret does not leave the system."""

from collections.abc import Mapping

from chaingraph.graph.json_types import is_list, is_object, object_of


def holds_secrets(config: Mapping[str, object]) -> bool:
    """True for a secret port, and for one with a secret somewhere inside."""
    if config.get("type") == "secret":
        return True
    return any(holds_secrets(part) for part in _parts(config) if is_object(part))


def without_secrets(config: Mapping[str, object], value: object) -> object:
    """The value of a port with every secret in it replaced by null."""
    kind = config.get("type")
    if kind == "secret":
        return None
    if kind == "object" and is_object(value):
        fields = _fields(config)
        return {key: without_secrets(object_of(fields.get(key)), child) for key, child in value.items()}
    if kind == "array" and is_list(value):
        return [without_secrets(object_of(config.get("itemConfig")), element) for element in value]
    if kind == "stream" and is_object(value):
        buffer = {"type": "array", "itemConfig": config.get("itemConfig")}
        return {**value, "buffer": without_secrets(buffer, value.get("buffer"))}
    if kind == "any" and is_object(config.get("underlyingType")):
        return without_secrets(object_of(config.get("underlyingType")), value)
    return value


def _parts(config: Mapping[str, object]) -> list[object]:
    return [config.get("itemConfig"), config.get("underlyingType"), *_fields(config).values()]


def _fields(config: Mapping[str, object]) -> Mapping[str, object]:
    return object_of(object_of(config.get("schema")).get("properties"))
