"""Ports from their stored configuration."""

import math
from typing import Final, get_args

from chaingraph.errors import Problem
from chaingraph.graph.defaults import properties_of
from chaingraph.graph.flow import Direction, Port, PortKind
from chaingraph.graph.json_types import JsonObject, is_list, is_number, is_object
from chaingraph.graph.patterns import is_pattern
from chaingraph.ids import PortId

# No editor nests deeper, and what surrounds a schema must still be encodable.
MAX_DEPTH: Final = 64

_KINDS: Final[dict[object, PortKind]] = {kind: kind for kind in get_args(PortKind)}
_DIRECTIONS: Final[dict[object, Direction]] = {direction.value: direction for direction in Direction}
_LIMITS: Final[dict[PortKind, tuple[str, ...]]] = {
    "string": ("minLength", "maxLength"),
    "number": ("min", "max"),
    "array": ("minLength", "maxLength"),
}


def read_root_port(config: JsonObject, path: str, problems: list[Problem]) -> Port | None:
    """The port that a stored configuration describes, or None; what is wrong is added to the problems."""
    key = config.get("key", config.get("id"))
    if not isinstance(key, str) or not key:
        problems.append(Problem(f"{path}.key", "a port needs a key"))
        return None
    if config.get("id", key) != key:
        problems.append(Problem(f"{path}.id", f"the id of a root port must be its key {key!r}"))
        return None
    direction = _direction(config.get("direction"))
    if direction is None:
        problems.append(Problem(f"{path}.direction", "must be input, output or passthrough"))
        return None
    return _PortReader(direction, problems).port(config, PortId(key), key, path, 0)


def _direction(value: object) -> Direction | None:
    return _DIRECTIONS.get(value) if isinstance(value, str) else None


class _PortReader:
    """Reads a root port and its children, which all have its direction."""

    __slots__ = ("_direction", "_problems")

    def __init__(self, direction: Direction, problems: list[Problem]) -> None:
        self._direction = direction
        self._problems = problems

    def port(self, config: JsonObject, port_id: PortId, key: str, path: str, depth: int) -> Port | None:
        stored_kind = config.get("type")
        kind = _KINDS.get(stored_kind) if isinstance(stored_kind, str) else None
        if kind is None:
            return self._refuse(f"{path}.type", f"there is no port type {stored_kind!r}")
        self._check(config, kind, path)
        element = fields = underlying = None
        if kind in {"array", "stream"}:
            element = self._child(config, "itemConfig", f"{port_id}[]", path, depth)
        elif kind == "object":
            fields = self._fields(config, port_id, path, depth)
        elif kind == "any":
            underlying = self._child(config, "underlyingType", port_id, path, depth)
        return Port(
            id=port_id,
            key=key,
            kind=kind,
            direction=self._direction,
            order=self._order(config, path),
            is_required=config.get("required") is True,
            config=config,
            element=element,
            fields=fields,
            underlying=underlying,
        )

    def _child(self, config: JsonObject, name: str, port_id: str, path: str, depth: int) -> Port | None:
        child = config.get(name)
        if child is None:
            return None
        return self._nested(child, PortId(port_id), name, f"{path}.{name}", depth)

    def _nested(self, config: object, port_id: PortId, key: str, path: str, depth: int) -> Port | None:
        if not is_object(config):
            return self._refuse(path, "must be a port configuration")
        if depth >= MAX_DEPTH:
            return self._refuse(path, f"nested deeper than {MAX_DEPTH} levels")
        return self.port(config, port_id, key, path, depth + 1)

    def _fields(self, config: JsonObject, port_id: PortId, path: str, depth: int) -> dict[str, Port] | None:
        schema = config.get("schema")
        if schema is None:
            return None
        properties = properties_of(config)
        if not is_object(schema) or not is_object(schema.get("properties", {})):
            self._refuse(f"{path}.schema", "must be an object with properties")
        fields: dict[str, Port] = {}
        for key, field in properties.items():
            place = f"{path}.schema.properties.{key}"
            port = self._nested(field, PortId(f"{port_id}.{key}"), key, place, depth)
            if port is not None:
                fields[key] = port
        return fields

    def _order(self, config: JsonObject, path: str) -> int | None:
        order = config.get("order")
        if order is None or type(order) is int:
            return order
        if is_number(order) and math.isfinite(order):
            return int(order)
        return self._refuse(f"{path}.order", "must be a number")

    def _check(self, config: JsonObject, kind: PortKind, path: str) -> None:
        for name in _LIMITS.get(kind, ()):
            limit = config.get(name)
            if limit is not None and not is_number(limit):
                self._refuse(f"{path}.{name}", "must be a number")
        if kind == "enum":
            self._check_options(config, path)
        elif kind == "string" and config.get("pattern") is not None and not is_pattern(config["pattern"]):
            self._refuse(f"{path}.pattern", "is not a regular expression")

    def _check_options(self, config: JsonObject, path: str) -> None:
        options = config.get("options")
        if options is None:
            return
        if not is_list(options) or not set(map(type, options)) <= {dict}:
            self._refuse(f"{path}.options", "must be a list of options")

    def _refuse(self, path: str, message: str) -> None:
        self._problems.append(Problem(path, message))
