"""Bodies of nodes raise and return whatever their authors let them: what that means for the node."""

import inspect
import math
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Redact
from chaingraph.graph.json_types import is_number
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.redaction import REDACTED
from chaingraph.graph.texts import well_formed
from chaingraph.graph.values import plain_form
from chaingraph.ids import PortId

LONGEST_WAIT_SECONDS: Final = 100 * 365.25 * 86_400
NO_MESSAGE: Final = "Unknown error during execution"
CANCELLED: Final = "the body was cancelled, and not by the run"


def problem_at_once(definition: type[NodeType], values: dict[PortId, object], scope: Scope) -> str | None:
    """Run a body that computes; answers why it failed, or None."""
    try:
        waiting = definition(values).run(scope)
        if waiting is not None and inspect.isawaitable(waiting):
            _drop(waiting)
            raise Rejected("`run` has to be `async def` where it waits")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a body may raise anything: it is the node that fails
        return problem_of(error)
    return None


def problem_of(error: BaseException) -> str:
    """What an error says, as a text that can be stored."""
    kind = type(error).__name__
    try:
        text = well_formed(str(error))
    except Exception:  # noqa: BLE001 - it cannot even say what it is
        text = ""
    if not text:
        return f"{NO_MESSAGE} ({kind})"
    return text if isinstance(error, Exception) else f"{kind}: {text}"


def shown(redact: Redact, form: object) -> object:
    """What an event may show; nothing, where the author's own function fails."""
    try:
        return plain_form(redact(form))
    except Exception:  # noqa: BLE001 - it is as foreign as a body
        return REDACTED


def wait_ms(seconds: object) -> int:
    """How long a body wants to wait. Raises Rejected for a wait whose end no calendar may have."""
    if not is_number(seconds) or math.isnan(seconds):
        raise Rejected("the length of a wait is a number of seconds")
    if seconds > LONGEST_WAIT_SECONDS:
        raise Rejected("a wait cannot be longer than 100 years")
    return max(0, round(seconds * 1000))


def _drop(waiting: object) -> None:
    """A coroutine that nobody waits for would be complained about."""
    if inspect.iscoroutine(waiting):
        waiting.close()
