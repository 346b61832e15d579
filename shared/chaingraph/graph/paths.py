"""Port ids of children: `user.tags[0].label` is a place inside the value of the root port `user`."""

import re
from functools import lru_cache

from chaingraph.graph.flow import Node, Port
from chaingraph.graph.system_ports import SYSTEM_PORT
from chaingraph.ids import PortId

Step = str | int
"""A key of an object or a place in an array."""

# An edge into a later element fills the gap with nulls; nobody draws that many.
MAX_ELEMENT = 99_999

_STEP = re.compile(r"\.([^.\[\]]+)|\[(0|[1-9][0-9]{0,8})\]")
_ROOT_END = re.compile(r"[.\[]")


@lru_cache(maxsize=16_384)
def split(port_id: PortId) -> tuple[PortId, tuple[Step, ...]]:
    """The root port and the steps from its value to the child's; what is no path is a root port's id."""
    end = _ROOT_END.search(port_id)
    if end is None or end.start() == 0:
        return port_id, ()
    steps = tuple_of_steps(port_id[end.start() :])
    if steps is None:
        return port_id, ()
    return PortId(port_id[: end.start()]), steps


def tuple_of_steps(path: str) -> tuple[Step, ...] | None:
    """The steps of `.key` and `[n]` parts, or None where the text is something else."""
    steps: list[Step] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            return None
        key, place = match.groups()
        steps.append(key if key is not None else int(place))
        position = match.end()
    return tuple(steps)


def port_at(node: Node, port_id: PortId) -> Port | None:
    """A root port, a system port or a child of a root port; None where the node has no such port."""
    port = node.ports.get(port_id) or SYSTEM_PORT.get(port_id)
    if port is not None:
        return port
    root_id, steps = split(port_id)
    root = node.ports.get(root_id)
    return child_at(root, steps) if root is not None and steps else None


def child_at(port: Port, steps: tuple[Step, ...]) -> Port | None:
    """The port at the end of the steps: described by the schema, or open where the schema is."""
    for step in steps:
        child = child_of(port, step)
        if child is None:
            return None
        port = child
    return port


def child_of(port: Port, step: Step) -> Port | None:
    port = unwrapped(port)
    if port.kind == "any":
        return _open_child(port, step)
    if port.kind == "object" and isinstance(step, str):
        return _field(port, step)
    if port.kind == "array" and isinstance(step, int):
        return _element(port, step)
    return None


def unwrapped(port: Port) -> Port:
    """The port that an `any` port is known to stand for, or the port itself."""
    while port.kind == "any" and port.underlying is not None:
        port = port.underlying
    return port


def _field(port: Port, key: str) -> Port | None:
    if port.fields is None:
        return _open_child(port, key)
    field = port.fields.get(key)
    if field is None and port.config.get("isSchemaMutable") is True:
        return _open_child(port, key)
    return field


def _element(port: Port, place: int) -> Port | None:
    longest = port.config.get("maxLength")
    if place > MAX_ELEMENT or (isinstance(longest, int | float) and place >= longest):
        return None
    return port.element or _open_child(port, place)


def _open_child(port: Port, step: Step) -> Port | None:
    if isinstance(step, int):
        if step > MAX_ELEMENT:
            return None
        child_id = PortId(f"{port.id}[{step}]")
    else:
        child_id = PortId(f"{port.id}.{step}")
    return Port(
        id=child_id,
        key=str(step),
        kind="any",
        direction=port.direction,
        order=None,
        is_required=False,
        config={"type": "any", "direction": port.direction.value},
    )
