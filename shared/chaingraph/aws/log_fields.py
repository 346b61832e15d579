"""What the line of the running invocation says besides what can be read from its payload."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from chaingraph.ids import ExecutionId

# Of one name; a client may send hundreds of requests in one message.
MOST_VALUES: Final = 10
EXECUTION_ID: Final = re.compile(r"EX[A-Za-z0-9]{1,64}")

Fields = dict[str, object]
_NOTED: Final[ContextVar[dict[str, list[object]] | None]] = ContextVar("noted", default=None)


@contextmanager
def noting() -> Generator[Mapping[str, list[object]]]:
    """Keeps what is noted inside of the block, in whichever task; where there is no block, it is dropped."""
    noted: dict[str, list[object]] = {}
    token = _NOTED.set(noted)
    try:
        yield noted
    finally:
        _NOTED.reset(token)


def fields_of(noted: Mapping[str, list[object]]) -> Fields:
    """A name with several values has a list of them."""
    return {name: values[0] if len(values) == 1 else values for name, values in noted.items()}


def note(name: str, value: object) -> None:
    """Ids and names of ours only, nothing that a client has made up."""
    noted = _NOTED.get()
    if noted is None:
        return
    values = noted.setdefault(name, [])
    if value not in values and len(values) < MOST_VALUES:
        values.append(value)


def note_execution(execution_id: ExecutionId) -> None:
    """An id that cannot be one of ours may be anything: it is not repeated."""
    if EXECUTION_ID.fullmatch(execution_id):
        note("execution_id", execution_id)
