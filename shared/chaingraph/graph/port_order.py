"""The order in which the ports of a finished node resolve."""

import unicodedata
from collections.abc import Collection
from typing import Final

from chaingraph.graph.flow import Node
from chaingraph.graph.paths import split, unwrapped
from chaingraph.ids import PortId

_WITHOUT_ORDER, _ROOT, _CHILD_OF_ANY = range(3)

Collation = tuple[tuple[tuple[int, int, str], ...], str]

# Unicode's collation puts these before digits and letters, in this order.
_SIGNS: Final = {sign: place for place, sign in enumerate("_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$")}


def resolution_order(node: Node, port_ids: Collection[PortId]) -> tuple[PortId, ...]:
    """System ports and children by id as in a dictionary, root ports by order, then children of `any` ports.

    The latter come last because the reference engine makes them anew whenever the port gets a value.
    """
    return tuple(sorted(port_ids, key=lambda port_id: _place(node, port_id)))


def _place(node: Node, port_id: PortId) -> tuple[int, int, Collation, int]:
    port = node.ports.get(port_id)
    if port is not None:
        order = port.order
        return (_WITHOUT_ORDER if order is None else _ROOT, order or 0, collation_key(port_id), 0)
    root_id, steps = split(port_id)
    root = node.ports.get(root_id)
    if root is None or root.kind != "any":
        return (_WITHOUT_ORDER, 0, collation_key(port_id), 0)
    fields = list(unwrapped(root).fields or ())
    place = fields.index(steps[0]) if steps and steps[0] in fields else len(fields)
    return (_CHILD_OF_ANY, root.order or 0, collation_key(root_id), place)


def collation_key(text: str) -> Collation:
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
