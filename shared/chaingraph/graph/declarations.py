"""Ports as a node author declares them: typed attributes of a node type.

Reading the attribute of an instance gives the port's value, or the declared default where it has none;
assigning writes the value. The attribute's name in camelCase is the port's key, unless `key` says another.

    class TextLength(NodeType, title="Text Length", category="data", pure=True):
        text = Input(string())
        length = Output(number())
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, Generic, Protocol, Self, TypeVar, overload

from chaingraph.graph.json_types import JsonObject
from chaingraph.graph.kinds import Kind
from chaingraph.graph.streams import Stream
from chaingraph.ids import PortId

V = TypeVar("V")

Redact = Callable[[object], object]
"""Makes of a port's stored value what an event and a result may show."""


class Owner(Protocol):
    """A node at run time: the values of its root ports."""

    values: dict[PortId, object]


class DeclaredPort(Generic[V]):
    """`redact`: for a port that may hold credentials; after a crash its value comes over its edge again."""

    direction: ClassVar[str]

    def __init__(  # noqa: PLR0913 - the head of a declaration, by keyword only
        self,
        kind: Kind[V],
        *,
        key: str = "",
        title: str = "",
        description: str = "",
        required: bool = False,
        ui: Mapping[str, object] | None = None,
        redact: Redact | None = None,
    ) -> None:
        self.kind = kind
        self.id = PortId(key)
        self.redact = redact
        self._shown = {"title": title, "description": description, "required": required, "ui": ui}

    def __set_name__(self, owner: type, name: str) -> None:
        if not self.id:
            first, *others = name.split("_")
            self.id = PortId(first + "".join(other.capitalize() for other in others))

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Owner, owner: type) -> V: ...
    def __get__(self, instance: Owner | None, owner: type) -> Self | V:
        if instance is None:
            return self
        if self.id in instance.values:
            # What crosses an edge is not cast: a body that minds checks it, as the reference engine's do.
            return instance.values[self.id]  # pyright: ignore[reportReturnType]
        return self._read_unset(instance)

    def __set__(self, instance: Owner, value: V) -> None:
        instance.values[self.id] = value

    def config(self, order: int) -> JsonObject:
        """The port's configuration in a node's document."""
        shown = {name: value for name, value in self._shown.items() if value}
        return {
            "id": self.id,
            "key": self.id,
            "direction": self.direction,
            "order": order,
            **shown,
            **self.kind.config,
        }

    def _read_unset(self, instance: Owner) -> V:
        value = self.kind.unset()
        if isinstance(value, Stream):
            # The stream that a body sends to is the one that its consumers read.
            instance.values[self.id] = value
        return value


class Input(DeclaredPort[V]):
    direction = "input"


class Output(DeclaredPort[V]):
    direction = "output"


class Passthrough(DeclaredPort[V]):
    """An input whose value can be read by nodes behind this one."""

    direction = "passthrough"
