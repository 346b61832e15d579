"""Node types that installed packages add, through the entry point group `chaingraph.nodes`.

    [project.entry-points."chaingraph.nodes"]
    weather = "weather_nodes:NODE_TYPES"

An entry point names a node type, or a tuple of them. Nothing is left out quietly: flows would be refused
for node types that a system seems to have. A package that cannot be loaded, or whose types have the names of
others, is refused with its name.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.node_types import NodeType, NodeTypes
from chaingraph.nodes.built_in import built_in_node_types

GROUP: Final = "chaingraph.nodes"


@dataclass(frozen=True, slots=True)
class PackagedTypes:
    """What one entry point of a package adds."""

    package: str
    node_types: tuple[type[NodeType], ...]


@cache
def known_node_types() -> NodeTypes:
    """The built-in node types and those of installed packages. Raises Rejected."""
    return with_packages(built_in_node_types(), installed_packages())


@cache
def installed_packages() -> tuple[PackagedTypes, ...]:
    """Raises Rejected for a package whose node types cannot be loaded."""
    return loaded_packages(entry_points(group=GROUP))


def loaded_packages(found: Iterable[EntryPoint]) -> tuple[PackagedTypes, ...]:
    ordered = sorted(found, key=lambda entry_point: (_package(entry_point), entry_point.name))
    return tuple(PackagedTypes(_package(entry_point), _loaded(entry_point)) for entry_point in ordered)


def with_packages(node_types: NodeTypes, packages: Iterable[PackagedTypes]) -> NodeTypes:
    for package in packages:
        try:
            node_types = node_types.merged(NodeTypes.of(*package.node_types))
        except Rejected as refusal:
            raise Rejected(f"package {package.package}: {refusal.message}") from refusal
    return node_types


def _package(entry_point: EntryPoint) -> str:
    return entry_point.value if entry_point.dist is None else entry_point.dist.name


def _loaded(entry_point: EntryPoint) -> tuple[type[NodeType], ...]:
    try:
        named: object = entry_point.load()
    except Exception as error:  # a module of others may raise anything
        message = f"package {_package(entry_point)}: {entry_point.value} cannot be loaded: {error!r}"
        raise Rejected(message) from error
    return tuple(_node_types(named, entry_point))


def _node_types(named: object, entry_point: EntryPoint) -> Iterator[type[NodeType]]:
    several: tuple[object, ...] = named if isinstance(named, tuple) else (named,)  # pyright: ignore[reportUnknownVariableType]
    for candidate in several:
        if not isinstance(candidate, type) or not issubclass(candidate, NodeType):
            what = f"package {_package(entry_point)}: {entry_point.value}"
            raise Rejected(f"{what} is neither a node type nor a tuple of them")
        yield candidate
