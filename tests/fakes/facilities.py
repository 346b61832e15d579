"""What nodes reach, in memory."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chaingraph.errors import ChaingraphError, NotFound
from chaingraph.graph.facilities import (
    NO_FACILITIES,
    ChatTurn,
    Facilities,
    HttpRequest,
    HttpResponse,
    McpRequest,
    McpServer,
    ModelCall,
    OnProgress,
)
from chaingraph.graph.json_types import JsonObject


@dataclass
class FakeHttpClient:
    """Gives its answers one after the other, the last one for ever."""

    answers: Sequence[HttpResponse | ChaingraphError] = (HttpResponse(status=200),)
    sent: list[HttpRequest] = field(default_factory=list[HttpRequest])

    async def send(self, request: HttpRequest) -> HttpResponse:
        answer = self.answers[min(len(self.sent), len(self.answers) - 1)]
        self.sent.append(request)
        if isinstance(answer, ChaingraphError):
            raise answer
        return answer


@dataclass
class FakeSecretVault:
    kept: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    read_names: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    async def read(self, name: str, owner_id: str) -> Mapping[str, str]:
        self.read_names.append((name, owner_id))
        if name not in self.kept:
            raise NotFound(f"there is no secret {name!r}")
        return self.kept[name]


@dataclass
class FakeLanguageModels:
    """Each answer is the parts of a text, and then an error, if it ends with one.

    `events`: of each turn of a conversation, in the same way.
    """

    answers: Sequence[Sequence[str | ChaingraphError]] = (("answer",),)
    events: Sequence[Sequence[JsonObject | ChaingraphError]] = ()
    calls: list[ModelCall] = field(default_factory=list[ModelCall])
    turns: list[ChatTurn] = field(default_factory=list[ChatTurn])

    async def stream(self, call: ModelCall) -> AsyncIterator[str]:
        answer = self.answers[min(len(self.calls), len(self.answers) - 1)]
        self.calls.append(call)
        for part in answer:
            if isinstance(part, ChaingraphError):
                raise part
            yield part

    async def chat(self, turn: ChatTurn) -> AsyncIterator[JsonObject]:
        events = self.events[min(len(self.turns), len(self.events) - 1)]
        self.turns.append(turn)
        for event in events:
            if isinstance(event, ChaingraphError):
                raise event
            yield event


@dataclass
class FakeMcpServers:
    answer: JsonObject | ChaingraphError = field(default_factory=dict[str, object])
    progress: Sequence[JsonObject] = ()
    asked: list[tuple[McpServer, McpRequest]] = field(default_factory=list[tuple[McpServer, McpRequest]])

    async def ask(self, server: McpServer, request: McpRequest, on_progress: OnProgress) -> JsonObject:
        self.asked.append((server, request))
        for step in self.progress:
            on_progress(step)
        if isinstance(self.answer, ChaingraphError):
            raise self.answer
        return self.answer


def facilities(
    *,
    http: FakeHttpClient | None = None,
    secrets: FakeSecretVault | None = None,
    models: FakeLanguageModels | None = None,
    mcp: FakeMcpServers | None = None,
) -> Facilities:
    """What is not given is not there."""
    given = {"http": http, "secrets": secrets, "models": models, "mcp": mcp}
    return replace(NO_FACILITIES, **{name: facility for name, facility in given.items() if facility})
