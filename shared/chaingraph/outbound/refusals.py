"""What a provider's refusal means for the caller."""

from http import HTTPStatus
from typing import Final

from chaingraph.errors import ChaingraphError, Rejected, Unavailable
from chaingraph.graph.redaction import without_words
from chaingraph.graph.secrets import Secret

# Their cause passes; the same request may succeed later.
_PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS})


def refusal(status: int, message: str, api_key: Secret | None) -> ChaingraphError:
    """The error to raise; a provider may repeat the key that it refuses."""
    words = api_key.fields.values() if api_key is not None else ()
    shown = without_words(message, filter(None, words))
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(shown)
    return Rejected(shown)


def no_answer(message: str) -> ChaingraphError:
    return Unavailable(message or "no answer")
