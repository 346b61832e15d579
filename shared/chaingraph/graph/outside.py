"""What a body gets that waits for somebody outside of its run."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Callback:
    """A way to answer a node that waits: who knows the URL may post JSON to it, once.

    `until_ms`: epoch milliseconds after which nobody can answer any more; None: always.
    """

    url: str = field(repr=False)
    until_ms: int | None
    name: str
