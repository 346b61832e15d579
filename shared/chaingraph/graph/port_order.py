"""The order in which the ports of a finished node resolve."""

import unicodedata
from collections.abc import Collection
from typing import Final

from chaingraph.graph.flow import Node
from chaingraph.ids import PortId

# Unicode's collation puts these before digits and letters, in this order.
_SIGNS: Final = {sign: place for place, sign in enumerate("_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$")}


def resolution_order(node: Node, port_ids: Collection[PortId]) -> tuple[PortId, ...]:
    """Ports without order (system ports, children) by id as in a dictionary, then the others by order."""
    orders = {port_id: node.ports[port_id].order if port_id in node.ports else None for port_id in port_ids}
    unordered = sorted((port_id for port_id, order in orders.items() if order is None), key=collation_key)
    ordered = sorted(
        (order, collation_key(port_id), port_id) for port_id, order in orders.items() if order is not None
    )
    return (*unordered, *(port_id for _, _, port_id in ordered))


def collation_key(text: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Letters without regard to case, accents only between otherwise equal texts, digits one by one."""
    decomposed = unicodedata.normalize("NFKD", text)
    letters = (character for character in decomposed.casefold() if not unicodedata.combining(character))
    return tuple(_weight(character) for character in letters), decomposed.casefold()


def _weight(character: str) -> tuple[int, int, str]:
    place = _SIGNS.get(character)
    if place is not None:
        return (0, place, "")
    if character.isalpha():
        return (3, 0, character)
    return (2, 0, character) if character.isdigit() else (1, 0, character)
