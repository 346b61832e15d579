"""What bodies of nodes may use of the world outside; whoever runs a flow provides it.

Everything here may be repeated after a crash: what has an effect takes the node's idempotency key along.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from chaingraph.errors import Rejected
from chaingraph.graph.json_types import JsonObject
from chaingraph.graph.secrets import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """`timeout_seconds`: for everything from the look-up of the address to the last byte of the answer.

    `confidential`: names of headers, in small letters, that a redirect to another server does not get. What
    is called as a credential is so anyway.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    timeout_seconds: float = 30
    confidential: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """`headers`: names in small letters."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)


class HttpClient(Protocol):
    async def send(self, request: HttpRequest) -> HttpResponse:
        """Follows redirects. Every status is an answer.

        Raises Rejected for an address that may not be asked or what is no request, TooLarge for the answer,
        Unavailable when no whole answer came in time: the request may have had its effect.
        """
        ...


class SecretVault(Protocol):
    async def read(self, name: str, owner_id: str) -> Mapping[str, str]:
        """The fields of a secret; a secret that is a mere text has the field `value`. Raises NotFound."""
        ...


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """`api_key`: None where the provider knows the caller by other means.

    `answer_schema`: the JSON schema of the wanted answer; it is asked for, not enforced.
    """

    model: str
    messages: tuple[ChatMessage, ...]
    api_key: Secret | None = None
    temperature: float = 0
    reasoning_effort: str | None = None
    reasoning_summary: str | None = None
    answer_schema: JsonObject | None = None
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTurn:
    """A request of a conversation in which the model may think and use tools: Anthropic's Messages API.

    `messages`, `system` and `tools` have the form of the API. `thinking_budget`: tokens to think with, None:
    it does not think; a model that decides by itself is told to. `tool_choice`: none where the tools of
    earlier turns must not be used any more.
    """

    model: str
    messages: tuple[JsonObject, ...]
    system: tuple[JsonObject, ...] = ()
    tools: tuple[JsonObject, ...] = ()
    tool_choice: Literal["auto", "none"] = "auto"
    max_tokens: int
    temperature: float | None = None
    thinking_budget: int | None = None
    api_key: Secret | None = None
    idempotency_key: str = ""


class LanguageModels(Protocol):
    """Both raise Rejected for what the provider refuses, Unavailable where it gives no whole answer."""

    def stream(self, call: ModelCall) -> AsyncIterator[str]:
        """The parts of the answer's text as they come."""
        ...

    def chat(self, turn: ChatTurn) -> AsyncIterator[JsonObject]:
        """The events of the answer as the Messages API streams them, `message_stop` the last one."""
        ...


@dataclass(frozen=True, slots=True)
class McpServer:
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class CallTool:
    name: str
    arguments: JsonObject


@dataclass(frozen=True, slots=True)
class ReadResource:
    """`uri`: a template (RFC 6570), where there are arguments."""

    uri: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class GetPrompt:
    name: str
    arguments: Mapping[str, str]


McpRequest = CallTool | ReadResource | GetPrompt

OnProgress = Callable[[JsonObject], None]
"""Gets `progress` and, where the server tells them, `total` and `message`."""


class McpServers(Protocol):
    async def ask(self, server: McpServer, request: McpRequest, on_progress: OnProgress) -> JsonObject:
        """The result as the protocol has it.

        Raises Rejected for what the server refuses, Unavailable where it does not answer.
        """
        ...


class Evaluation(StrEnum):
    """What is evaluated: a value, every element of a list, or a list down to one value.

    `FILTER` answers the elements for which the expression is true.
    """

    VALUE = "value"
    MAP = "map"
    FILTER = "filter"
    REDUCE = "reduce"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionCall:
    """A JSONata expression and what it may see.

    `subject`: its context, or the list of them. `initial`: the first accumulator of a reduction; None: the
    first element. `variables`: by name without the dollar sign. `now_ms`, `seed`: of $now and $random.
    """

    expression: str
    subject: object
    evaluation: Evaluation = Evaluation.VALUE
    initial: object = None
    variables: Mapping[str, object] = field(default_factory=dict[str, object])
    now_ms: int = 0
    seed: str = ""


class Expressions(Protocol):
    async def evaluate(self, call: ExpressionCall) -> object:
        """A JSON value; null where the expression has none.

        Raises Rejected for what is no expression or fails, and for what takes too much time or memory.
        """
        ...


@dataclass(frozen=True, slots=True)
class Facilities:
    http: HttpClient
    secrets: SecretVault
    models: LanguageModels
    mcp: McpServers
    expressions: Expressions


class _Nothing:
    """Stands for every facility where a flow runs cut off from the world."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        raise Rejected("there is no HTTP here")

    async def read(self, name: str, owner_id: str) -> Mapping[str, str]:
        raise Rejected("there are no secrets here")

    async def stream(self, call: ModelCall) -> AsyncIterator[str]:
        raise Rejected("there are no language models here")
        yield ""

    async def chat(self, turn: ChatTurn) -> AsyncIterator[JsonObject]:
        raise Rejected("there are no language models here")
        yield {}

    async def ask(self, server: McpServer, request: McpRequest, on_progress: OnProgress) -> JsonObject:
        raise Rejected("there are no MCP servers here")

    async def evaluate(self, call: ExpressionCall) -> object:
        raise Rejected("there are no expressions here")


NO_FACILITIES = Facilities(_Nothing(), _Nothing(), _Nothing(), _Nothing(), _Nothing())
