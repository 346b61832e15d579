"""The four ports that every node has: whether it may run, and how it ended."""

from typing import Final

from chaingraph.graph.flow import ERROR, ERROR_MESSAGE, EXECUTE, SUCCESS, Direction, Port, PortKind
from chaingraph.ids import PortId

SYSTEM_DEFAULTS: Final = {EXECUTE: True, SUCCESS: True, ERROR: False, ERROR_MESSAGE: ""}

# The name of each one in the `systemPorts` of a node's document.
SYSTEM_NAMES: Final = {
    "execute": EXECUTE,
    "success": SUCCESS,
    "error": ERROR,
    "errorMessage": ERROR_MESSAGE,
}


def _system_port(port_id: PortId, direction: Direction, title: str, category: str) -> Port:
    kind: PortKind = "string" if port_id == ERROR_MESSAGE else "boolean"
    return Port(
        id=port_id,
        key=port_id,
        kind=kind,
        direction=direction,
        order=None,
        is_required=False,
        config={
            "id": port_id,
            "key": port_id,
            "type": kind,
            "direction": direction.value,
            "title": title,
            "defaultValue": SYSTEM_DEFAULTS[port_id],
            "metadata": {"isSystemPort": True, "portCategory": category},
        },
    )


SYSTEM_PORT: Final = {
    EXECUTE: _system_port(EXECUTE, Direction.INPUT, "Execute", "flow"),
    SUCCESS: _system_port(SUCCESS, Direction.OUTPUT, "Success", "flow"),
    ERROR: _system_port(ERROR, Direction.OUTPUT, "Error", "error"),
    ERROR_MESSAGE: _system_port(ERROR_MESSAGE, Direction.OUTPUT, "Error Message", "error"),
}
