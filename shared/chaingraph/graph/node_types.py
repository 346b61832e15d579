"""Node types: one class each, its ports declared as attributes, its docstring the catalogue's description.

    class TextLength(NodeType, title="Text Length", category="data", pure=True):
        \"\"\"Counts the characters of a text.\"\"\"

        text = Input(string())
        length = Output(number())

        def run(self, scope: Scope) -> None:
            self.length = len(self.text)

The engine makes one object per run of a node. `run` may be a plain function (computes at once, on the event
loop: keep it short) or `async def` (may wait; is cancelled by stop and time limits). A node type that has an
effect outside of its own ports must not be declared `pure`.
"""

from collections.abc import Awaitable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from inspect import get_annotations
from typing import ClassVar, Protocol, Self

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import DeclaredPort, Redact
from chaingraph.graph.facilities import Facilities
from chaingraph.graph.outside import Call, Callback, CallFailed, Returned
from chaingraph.graph.secrets import Secret
from chaingraph.ids import PortId


class CapturedNode(Protocol):
    """A node that never runs by itself: the body of another one uses it as a tool, as often as it wants."""

    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def inputs(self) -> Mapping[str, Mapping[str, object]]:
        """The ports that arguments are for, with their configurations: neither wired nor secret."""
        ...

    async def run(self, arguments: Mapping[str, object], ordinal: int) -> Mapping[str, object]:
        """The values of its outputs, in which no secret stands that it has read.

        `ordinal`: of this call among all of the caller's; it is part of the idempotency key. Raises Rejected
        for arguments that do not fit, and where the body fails.
        """
        ...


class Scope(Protocol):
    """What a node's body knows of the run it is part of, and may ask for."""

    @property
    def execution_id(self) -> str: ...
    @property
    def root_execution_id(self) -> str: ...
    @property
    def parent_execution_id(self) -> str | None: ...
    @property
    def flow_id(self) -> str: ...
    @property
    def owner_id(self) -> str: ...
    @property
    def depth(self) -> int: ...
    @property
    def node_id(self) -> str: ...
    def port_config(self, port: str) -> Mapping[str, object]:
        """The stored configuration of one of the node's root ports; empty where it has no such port."""
        ...

    @property
    def attempt(self) -> int:
        """1 for the first try of this node in this execution."""
        ...

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of this node in this execution: send it with every effect."""
        ...

    @property
    def event_name(self) -> str | None:
        """The name of the event this execution runs for, or None in an ordinary run."""
        ...

    @property
    def event_payload(self) -> object: ...
    @property
    def integration(self) -> Mapping[str, object]: ...

    def now_ms(self) -> int:
        """Epoch milliseconds of the run's clock."""
        ...

    async def sleep(self, seconds: float) -> float:
        """Wait; answers how long it was (seconds). After a long sleep, `run` is called again.

        What the body did before is done again then, with the same idempotency key; its sleeps are counted,
        and one that is over returns at once.
        """
        ...

    def callback(self, port: str, timeout_seconds: float = 0) -> Callback:
        """Open a way to answer this node from outside; an answer must fit this output port.

        The body's callbacks are counted: when `run` is called again, each is the same as before. With a
        timeout of 0 it stays open as long as the node waits.
        """
        ...

    async def answer(self, callback: Callback) -> object:
        """Wait for the JSON value that is sent; raises TimeoutError. It costs nothing while all wait.

        The viewers get an event with the values that the node's ports have now. Afterwards `run` may be
        called again from its start, as after a long sleep; it then has the answer at once.
        """
        ...

    @property
    def inputs(self) -> Mapping[str, object]:
        """What this execution was called with; empty where it was not called."""
        ...

    def call(self, flow_id: str, inputs: Mapping[str, object], key: str = "") -> Call:
        """Let another flow run, as a child execution; it has been pinned when the execution was created.

        When `run` is called again, the same key is the same child. Raises Rejected over a limit of the tree.
        """
        ...

    async def first_ended(self, calls: Iterable[Call]) -> Mapping[Call, Returned | CallFailed]:
        """Wait until at least one of them has ended; what those have given that have ended.

        It costs nothing while all wait, as with `answer`.
        """
        ...

    def emit(self, name: str, payload: object) -> None:
        """Emit an event: a child execution of the same flow runs for it."""
        ...

    def log(self, text: str) -> None:
        """Write a line to the execution's event log."""
        ...

    def resolve(self, port: str) -> None:
        """Let the consumers of an output port start now, while this node goes on."""
        ...

    @property
    def facilities(self) -> Facilities:
        """What a body may use of the world outside."""
        ...

    async def reveal(self, secret: object) -> Secret:
        """The words that the value of a secret port stands for. They cannot be stored: use them at once."""
        ...

    def captured(self, node_id: str) -> CapturedNode:
        """A node of this flow that another one captures. Raises Rejected where there is no such node."""
        ...


class StartsWith(Enum):
    """When a node may start: with a value for every wired port, or as soon as one of them has come.

    With any, the values of the others are not transferred. The execute port is waited for either way.
    """

    ALL = "all"
    ANY = "any"


class NodeType:
    """The class that node types derive from; see the module's docstring.

    `runs_by_itself=False`: runs only in an execution for an event that concerns it. `hidden`: runs, but is
    not offered in the catalogue. `flow_port` names the flow that it calls; `return_port` is the one whose
    fields its flow returns to a caller. `type_name` is the class's name where it is not given.
    """

    type_name: ClassVar[str]
    title: ClassVar[str]
    category: ClassVar[str]
    pure: ClassVar[bool] = False
    hidden: ClassVar[bool] = False
    tags: ClassVar[tuple[str, ...]] = ()
    runs_by_itself: ClassVar[bool] = True
    starts_with: ClassVar[StartsWith] = StartsWith.ALL
    flow_port: ClassVar[str] = ""
    return_port: ClassVar[str] = ""
    declared_ports: ClassVar[Mapping[PortId, DeclaredPort[object]]] = {}
    redactions: ClassVar[Mapping[PortId, Redact]] = {}

    def __init_subclass__(  # noqa: PLR0913 - the head of a declaration, by keyword only
        cls,
        *,
        title: str,
        category: str,
        pure: bool = False,
        type_name: str = "",
        hidden: bool = False,
        tags: tuple[str, ...] = (),
        runs_by_itself: bool = True,
        starts_with: StartsWith = StartsWith.ALL,
        flow_port: str = "",
        return_port: str = "",
    ) -> None:
        super().__init_subclass__()
        cls.declared_ports = {**cls.declared_ports, **_declared(cls)}
        cls.type_name = type_name or cls.__name__
        cls.title = title
        cls.category = category
        cls.pure, cls.hidden, cls.tags = pure, hidden, tags
        cls.runs_by_itself = runs_by_itself
        cls.starts_with = starts_with
        cls.flow_port, cls.return_port = flow_port, return_port
        ports = cls.declared_ports.values()
        cls.redactions = {port.id: port.redact for port in ports if port.redact is not None}

    def __init__(self, values: dict[PortId, object]) -> None:
        self.values = values

    def run(self, scope: Scope) -> Awaitable[None] | None:
        raise NotImplementedError


def _declared(node_type: type) -> dict[PortId, DeclaredPort[object]]:
    own: dict[str, object] = dict(vars(node_type))
    ports: dict[PortId, DeclaredPort[object]] = {}
    for name, attribute in own.items():
        if isinstance(attribute, DeclaredPort):
            _check_name(node_type, name)
            ports[attribute.id] = attribute
    return ports


def _check_name(node_type: type, name: str) -> None:
    """A port must not hide what every node has."""
    if name in _TAKEN:
        raise Rejected(f"{node_type.__name__}.{name} is taken: give the port another name and key={name!r}")


_TAKEN = frozenset({*vars(NodeType), "values", *get_annotations(NodeType)})


@dataclass(frozen=True, slots=True)
class NodeTypes:
    """The node types that a system knows, by name; made explicitly, never filled by an import."""

    by_name: Mapping[str, type[NodeType]]

    @classmethod
    def of(cls, *node_types: type[NodeType]) -> Self:
        by_name: dict[str, type[NodeType]] = {}
        for node_type in node_types:
            if by_name.setdefault(node_type.type_name, node_type) is not node_type:
                raise Rejected(f"two node types are named {node_type.type_name}")
        return cls(by_name)

    def merged(self, other: Self) -> Self:
        return self.of(*self.by_name.values(), *other.by_name.values())

    def get(self, name: str) -> type[NodeType] | None:
        return self.by_name.get(name)

    def __iter__(self) -> Iterator[type[NodeType]]:
        return iter(self.by_name.values())
