"""The inputs of the procedures: what is allowed, and how a wrong one is refused."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Final, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, PydanticCustomError

from chaingraph.errors import NotFound, Problem, Rejected, rejected
from chaingraph.execution.events import EventType
from chaingraph.execution.options import ExecutionOptions
from chaingraph.graph.json_types import is_list, is_object
from chaingraph.ids import EventIndex, ExecutionId, FlowId
from chaingraph.subscriptions import (
    DEFAULT_BATCH_SIZE,
    DEFAULT_BATCH_TIMEOUT_MS,
    Snapshot,
    cursor_after,
    cursor_from_index,
)
from chaingraph.wire.event_messages import MAX_BATCH_SIZE
from chaingraph.wire.messages import Call, CallKind, Subscribe
from chaingraph.wire.values import MAX_DEPTH, UNDEFINED, MapValue, SetValue, Undefined, plain_json

SUBSCRIPTION_PATH: Final = "subscribeToExecutionEvents"

# As large as a JavaScript number that is still exact.
MAX_INDEX: Final = 2**53 - 1


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("nul", "the character U+0000 is not allowed")
    return text


# PostgreSQL stores every character in a text but this one.
_NO_NUL: Final = AfterValidator(_without_nul)
_SHORT: Final = Field(min_length=1, max_length=200)
_AS_JSON: Final = BeforeValidator(plain_json)

AnyJson: TypeAlias = Annotated[object, _AS_JSON]
JsonObject: TypeAlias = Annotated[dict[str, object], _AS_JSON]
Name: TypeAlias = Annotated[str, _SHORT, _NO_NUL]
Reason: TypeAlias = Annotated[str, Field(max_length=1000), _NO_NUL]
OneFlow: TypeAlias = Annotated[FlowId, _SHORT, _NO_NUL]
OneExecution: TypeAlias = Annotated[ExecutionId, _SHORT, _NO_NUL]
KnownEventType: TypeAlias = Annotated[EventType, Field(strict=False)]


class _Input(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)


class ExternalEventInput(_Input):
    event_name: Name
    payload: AnyJson = None


class Create(_Input):
    flow_id: OneFlow
    options: ExecutionOptions = ExecutionOptions()
    integration: JsonObject = Field(default_factory=dict[str, object])
    events: Annotated[tuple[ExternalEventInput, ...], Field(strict=False)] = ()
    idempotency_key: Name | None = None


class _OfExecution(_Input):
    execution_id: OneExecution


class Start(_OfExecution):
    pass


class Stop(_OfExecution):
    """`cascade`: its children too."""

    reason: Reason | None = None
    cascade: bool = True


class Pause(_OfExecution):
    """`cascade`: its children too."""

    reason: Reason | None = None
    cascade: bool = True


class Resume(_OfExecution):
    """`cascade`: its children too."""

    cascade: bool = True


class StepMode(StrEnum):
    """`wave`: the nodes that are ready now. `node`: one of them."""

    WAVE = "wave"
    NODE = "node"


class Step(_OfExecution):
    """Let a paused execution run a little, and pause again."""

    mode: Annotated[StepMode, Field(strict=False)] = StepMode.WAVE


class AddBreakpoint(_OfExecution):
    node_id: Name


class RemoveBreakpoint(_OfExecution):
    node_id: Name


class GetDebuggerState(_OfExecution):
    pass


class GetExecutionDetails(_OfExecution):
    pass


class GetExecutionsTree(_OfExecution):
    pass


class GetRootExecutions(_Input):
    """`after`: only executions created before this time, which is the last one of the previous page."""

    flow_id: OneFlow
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    after: AwareDatetime | None = None


class SubscribeToExecutionEvents(_OfExecution):
    """`from_index` 0 also delivers `execution:created`. No event types: all of them."""

    from_index: Annotated[int, Field(ge=0, le=MAX_INDEX)] = 0
    event_types: Annotated[tuple[KnownEventType, ...], Field(strict=False)] = ()
    batch_size: Annotated[int, Field(ge=1, le=MAX_BATCH_SIZE)] = DEFAULT_BATCH_SIZE
    batch_timeout_ms: Annotated[int, Field(ge=0, le=1000)] = DEFAULT_BATCH_TIMEOUT_MS
    snapshot: Annotated[Snapshot, Field(strict=False)] = Snapshot.FULL


CallRequest: TypeAlias = (
    Create
    | Start
    | Stop
    | Pause
    | Resume
    | Step
    | AddBreakpoint
    | RemoveBreakpoint
    | GetDebuggerState
    | GetExecutionDetails
    | GetExecutionsTree
    | GetRootExecutions
)

PROCEDURES: Final[Mapping[tuple[CallKind, str], type[CallRequest]]] = {
    (CallKind.MUTATION, "create"): Create,
    (CallKind.MUTATION, "start"): Start,
    (CallKind.MUTATION, "stop"): Stop,
    (CallKind.MUTATION, "pause"): Pause,
    (CallKind.MUTATION, "resume"): Resume,
    (CallKind.MUTATION, "step"): Step,
    (CallKind.MUTATION, "addBreakpoint"): AddBreakpoint,
    (CallKind.MUTATION, "removeBreakpoint"): RemoveBreakpoint,
    (CallKind.QUERY, "getDebuggerState"): GetDebuggerState,
    (CallKind.QUERY, "getExecutionDetails"): GetExecutionDetails,
    (CallKind.QUERY, "getExecutionsTree"): GetExecutionsTree,
    (CallKind.QUERY, "getRootExecutions"): GetRootExecutions,
}

Model = TypeVar("Model", bound=BaseModel)


def call_request(call: Call) -> CallRequest:
    """The call's input, checked. Raises NotFound for a procedure that does not exist."""
    model = PROCEDURES.get((call.kind, call.path))
    if model is None:
        raise _no_procedure(call.kind, call.path)
    return parse(model, call.input)


def subscription_request(subscribe: Subscribe) -> SubscribeToExecutionEvents:
    """The subscription's input, checked. Raises NotFound for a procedure that does not exist."""
    if subscribe.path != SUBSCRIPTION_PATH:
        raise _no_procedure("subscription", subscribe.path)
    return parse(SubscribeToExecutionEvents, subscribe.input)


def starting_cursor(subscribe: Subscribe, request: SubscribeToExecutionEvents) -> EventIndex:
    """Where the client goes on if it says what it has received, else where it asks to begin."""
    if subscribe.last_event_id is None:
        return cursor_from_index(request.from_index)
    if re.fullmatch(r"-1|[0-9]{1,15}", subscribe.last_event_id) is None:
        raise rejected([Problem("lastEventId", "should be the id of a message that was received")])
    return cursor_after(int(subscribe.last_event_id))


def _no_procedure(kind: str, path: str) -> NotFound:
    return NotFound(f'No "{kind}"-procedure on path "{path}"')


def parse(model: type[Model], value: object) -> Model:
    """Checks a decoded SuperJSON value or plain JSON. Raises one Rejected that names every wrong field."""
    try:
        return model.model_validate({} if value is UNDEFINED else _defined(value, 0))
    except ValidationError as error:
        raise _all_problems(error) from None


def _defined(value: object, depth: int) -> object:
    """A field that is undefined is not there. Stops before the stack ends, as JSON may not."""
    if depth > MAX_DEPTH:
        raise Rejected(f"nested more than {MAX_DEPTH} levels deep")
    if is_object(value):
        present = ((key, child) for key, child in value.items() if child is not UNDEFINED)
        return {key: _defined(child, depth + 1) for key, child in present}
    if is_list(value):
        return [_defined(child, depth + 1) for child in value]
    return value


def _all_problems(error: ValidationError) -> Rejected:
    details = error.errors(include_url=False, include_context=False)
    return rejected(Problem(_path(problem["loc"]), _message(problem)) for problem in details)


def _path(location: Iterable[int | str]) -> str:
    """`options.execution.maxConcurrency`, `events[0].eventName`."""
    keys = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in location)
    return "".join(keys).removeprefix(".")


_EXPECTED: Final[Mapping[str, str]] = {
    "bool_type": "boolean",
    "datetime_type": "date",
    "dict_type": "object",
    "int_type": "integer",
    "list_type": "array",
    "model_type": "object",
    "string_type": "string",
    "tuple_type": "array",
}

_OWN_WORDS: Final[Mapping[str, str]] = {
    "extra_forbidden": "is not a known field",
    "missing": "is required",
}


def _message(problem: ErrorDetails) -> str:
    expected = _EXPECTED.get(problem["type"])
    if expected is not None:
        return f"expected {expected}, received {_received(problem['input'])}"
    return _OWN_WORDS.get(problem["type"], problem["msg"].removeprefix("Input "))


def _received(value: object) -> str:
    for kind, name in _NAMES:
        if isinstance(value, kind):
            return name
    return "null" if value is None else type(value).__name__.removesuffix("Value")


_NAMES: Final[tuple[tuple[type, str], ...]] = (
    (bool, "boolean"),
    (int, "number"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
    (SetValue, "set"),
    (MapValue, "map"),
    (Undefined, "undefined"),
)
