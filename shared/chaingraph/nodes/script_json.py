"""JSON texts as values."""

import orjson

from chaingraph.errors import Rejected
from chaingraph.graph.values import copied


def parsed_json(text: str) -> object:
    """The value that a JSON text stands for; `Rejected` where it is none or nests too deeply."""
    try:
        return copied(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise Rejected(f"Invalid JSON: {error}") from error
