"""What a body gets that waits for somebody outside of its run."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Callback:
    """A way to answer a node that waits: who knows the URL may post JSON to it, once.

    `until_ms`: epoch milliseconds after which nobody can answer any more; None: always.
    """

    url: str = field(repr=False)
    until_ms: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call of another flow; `execution_id` is that of the child execution."""

    key: str
    execution_id: str


@dataclass(frozen=True, slots=True)
class Returned:
    """What the outputs of the called flow were, by their names."""

    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class CallFailed:
    """The called flow has failed, or was stopped."""

    message: str
