"""How large a flow document may be."""

from typing import Final

MAX_DOCUMENT_BYTES: Final = 10 * 1024 * 1024
MAX_NODES: Final = 10_000
MAX_EDGES: Final = 50_000
# A refusal that lists more would be larger than the document.
MAX_PROBLEMS: Final = 1_000
