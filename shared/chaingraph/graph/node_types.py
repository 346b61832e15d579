"""Node types: one class each, its ports declared as attributes, its docstring the description in the catalogue.

    class TextLength(NodeType, title="Text Length", category="data", pure=True):
        \"\"\"Counts the characters of a text.\"\"\"

        text = Input(string(default=""))
        length = Output(number(default=0))

        def run(self, scope: Scope) -> None:
            self.length = len(self.text)

The engine makes one object per run of a node. `run` may be a plain function (computes at once, on the event loop:
keep it short) or `async def` (may wait; is cancelled by stop, pause of the machine and time limits). A node type that
has an effect outside of its own ports must not be declared `pure`.
"""

from collections.abc import Awaitable, Mapping
from typing import ClassVar, Protocol

from chaingraph.ids import PortId


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

    async def sleep(self, seconds: float) -> None: ...

    def emit(self, name: str, payload: object) -> None:
        """Emit an event: a child execution of the same flow runs for it."""
        ...

    def log(self, text: str) -> None:
        """Write a line to the execution's event log."""
        ...

    def resolve(self, port: str) -> None:
        """Let the consumers of an output port start now, while this node goes on."""
        ...


class NodeType:
    """The class that node types derive from; see the module's docstring."""

    type_name: ClassVar[str]
    title: ClassVar[str]
    category: ClassVar[str]
    pure: ClassVar[bool] = False

    def __init__(self, values: dict[PortId, object]) -> None:
        self.values = values

    def run(self, scope: Scope) -> Awaitable[None] | None:
        raise NotImplementedError
