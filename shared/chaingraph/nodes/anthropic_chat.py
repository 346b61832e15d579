"""Conversations with models of Anthropic's, which may think and use nodes of the flow as tools."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from chaingraph.errors import ChaingraphError, Rejected
from chaingraph.graph.declarations import Output, Passthrough
from chaingraph.graph.facilities import ChatTurn
from chaingraph.graph.json_texts import compact_json
from chaingraph.graph.json_types import JsonObject, is_list, is_number, is_object, object_of
from chaingraph.graph.kinds import any_value, array, boolean, enum, number, record, secret, stream, string
from chaingraph.graph.node_types import CapturedNode, NodeType, Scope
from chaingraph.nodes.anthropic_answers import Answer, summed
from chaingraph.nodes.anthropic_tools import CATEGORY, LONGEST_NAME, NODE_ID, tools_in
from chaingraph.nodes.language_models import MODELS
from chaingraph.nodes.script_values import as_text, finite

CLAUDE: Final = tuple(model for model in MODELS if model.startswith("claude"))
MAX_TOKENS: Final = 16_000
MAX_TOOL_CALLS: Final = 20
THINKING_BUDGET: Final = 4_096
ROLES: Final = ("user", "assistant")


class AntropicLLMCallNode(
    NodeType, title="Anthropic LLM Call", category=CATEGORY, tags=("anthropic", "llm", "chat", "tool")
):
    """Continues a conversation with a model of Anthropic's, and streams the words of its answer.

    The model may use the tools: nodes of this flow run inside of this one, one after the other, with the
    model's arguments. After `max_tool_calls` of them it has to answer without. What a tool gives back goes to
    the provider; secrets that the tool has read are taken out of it.
    """

    config = Passthrough(
        record(
            {
                "model": enum(CLAUDE, default="claude-sonnet-5-5"),
                "apiKey": secret("anthropic"),
                "max_tokens": number(default=MAX_TOKENS, minimum=1, integer=True),
                "max_tool_calls": number(default=MAX_TOOL_CALLS, minimum=0, integer=True),
                "temperature": number(default=1, minimum=0, maximum=1, step=0.01),
            }
        )
    )
    features = Passthrough(
        record(
            {
                "thinking": record(
                    {
                        "enabled": boolean(),
                        "budget_tokens": number(default=THINKING_BUDGET, minimum=1024, integer=True),
                    }
                )
            }
        )
    )
    tools = Passthrough(array(any_value()))
    system = Passthrough(string(), ui={"isTextArea": True})
    messages = Passthrough(array(any_value()))
    response_stream = Output(stream(string()))
    response_content = Output(array(any_value()))
    token_usage = Output(record({"input_tokens": number(), "output_tokens": number()}))
    complete_response = Output(record())

    async def run(self, scope: Scope) -> None:
        words = self.response_stream
        scope.resolve("responseStream")
        talk = await self._conversation(scope, words.send)
        await talk.hold()
        words.close()
        last = talk.answers[-1]
        self.response_content = list(last.content)
        self.token_usage = summed([answer.usage for answer in talk.answers])
        self.complete_response = {
            **last.message,
            "content": list(last.content),
            "usage": self.token_usage,
            "messages": talk.added,
        }

    async def _conversation(self, scope: Scope, send: Callable[[str], None]) -> "Conversation":
        config = object_of(self.config)
        kit = toolkit(self.tools, scope)
        key = config.get("apiKey")
        if key is None:
            raise Rejected("API Key is required")
        turn = ChatTurn(
            model=as_text(config.get("model")),
            messages=messages_of(self.messages),
            system=tuple(_blocks(self.system)),
            tools=kit.described,
            max_tokens=_whole(config.get("max_tokens"), MAX_TOKENS),
            temperature=finite(config["temperature"]) if is_number(config.get("temperature")) else None,
            thinking_budget=thinking_budget(object_of(self.features).get("thinking")),
            api_key=await scope.reveal(key),
        )
        most_calls = _whole(config.get("max_tool_calls"), MAX_TOOL_CALLS)
        return Conversation(scope, turn, kit.nodes, most_calls, send)


@dataclass(frozen=True, slots=True)
class Toolkit:
    """`described`: as the provider gets them. `nodes`: by the names that the model knows."""

    described: tuple[JsonObject, ...]
    nodes: Mapping[str, CapturedNode]


@dataclass(slots=True)
class Conversation:
    """Mutable: `turn` is the request that comes next, `called` counts calls of tools."""

    scope: Scope
    turn: ChatTurn
    nodes: Mapping[str, CapturedNode]
    most_calls: int
    send: Callable[[str], None]
    called: int = 0
    answers: list[Answer] = field(default_factory=list[Answer])
    added: list[JsonObject] = field(default_factory=list[JsonObject])

    async def hold(self) -> None:
        """Ask, use the tools that the model wants, and ask again, until it has answered."""
        while True:
            self._limit_tools()
            answer = await self._asked()
            self.answers.append(answer)
            if answer.content:
                self._add("assistant", list(answer.content))
            if self.turn.tool_choice == "none" or not answer.content:
                return
            if answer.calls:
                self._add("user", [await self._result(call, answer) for call in answer.calls])
            elif answer.stop_reason == "pause_turn":
                # A tool of the provider's goes on when it is asked again; it counts as a call.
                self.called += 1
            else:
                return

    def _limit_tools(self) -> None:
        if self.called >= self.most_calls:
            self.turn = replace(self.turn, tool_choice="none")

    async def _asked(self) -> Answer:
        answer = Answer()
        key = f"{self.scope.idempotency_key}:{len(self.answers) + 1}"
        async for event in self.scope.facilities.models.chat(replace(self.turn, idempotency_key=key)):
            if text := answer.add(event):
                self.send(text)
        return answer

    def _add(self, role: str, content: list[JsonObject]) -> None:
        message: JsonObject = {"role": role, "content": content}
        self.added.append(message)
        self.turn = replace(self.turn, messages=(*self.turn.messages, message))

    async def _result(self, call: JsonObject, answer: Answer) -> JsonObject:
        result: JsonObject = {"type": "tool_result", "tool_use_id": call.get("id")}
        try:
            if call.get("id") in answer.unreadable:
                raise Rejected("the arguments are no JSON object")
            return {**result, "content": compact_json(await self._called(call))}
        except ChaingraphError as error:
            return {**result, "content": error.message, "is_error": True}

    async def _called(self, call: JsonObject) -> Mapping[str, object]:
        if self.called >= self.most_calls:
            raise Rejected(f"the limit of {self.most_calls} tool calls is reached")
        self.called += 1
        name = str(call.get("name"))
        node = self.nodes.get(name)
        if node is None:
            raise Rejected(f"there is no tool {name}")
        # Neither the arguments nor the result: nobody knows what they hold.
        self.scope.log(f"Tool {name}, call {self.called} of at most {self.most_calls}")
        return await node.run(object_of(call.get("input")), self.called)


def toolkit(value: object, scope: Scope) -> Toolkit:
    """Names of tools are made different; a tool without a node is the provider's."""
    described: list[JsonObject] = []
    nodes: dict[str, CapturedNode] = {}
    names: set[str] = set()
    for tool in map(object_of, tools_in(value)):
        name = _new_name(as_text(tool.get("name")), names)
        names.add(name)
        node_id = tool.get(NODE_ID)
        if isinstance(node_id, str):
            nodes[name] = scope.captured(node_id)
        known = {key: part for key, part in tool.items() if key != NODE_ID}
        described.append({**known, "name": name})
    return Toolkit(tuple(described), nodes)


def messages_of(value: object) -> tuple[JsonObject, ...]:
    """Messages in the form of the API; one may be given without a list."""
    given = value if is_list(value) else [value]
    messages = [_message(object_of(message)) for message in given if message is not None]
    if not messages:
        raise Rejected("There is no message to send")
    return tuple(messages)


def thinking_budget(thinking: object) -> int | None:
    """The tokens to think with; None: the model does not think."""
    known = object_of(thinking)
    is_told = thinking is True or known.get("enabled") is True or known.get("type") in {"enabled", "adaptive"}
    return _whole(known.get("budget_tokens"), THINKING_BUDGET) if is_told else None


def _message(message: JsonObject) -> JsonObject:
    role = message.get("role")
    if role not in ROLES:
        raise Rejected(f"A message is of {' or '.join(ROLES)}, not of {as_text(role) or 'nobody'}")
    content = _blocks(message.get("content"))
    if not content:
        raise Rejected("A message has no content")
    return {"role": role, "content": content}


def _blocks(content: object) -> list[JsonObject]:
    """Blocks of content; a text is one of them."""
    if is_list(content):
        return [block for element in content for block in _blocks(element)]
    if is_object(content):
        return [content] if content else []
    text = as_text(content)
    return [{"type": "text", "text": text}] if text else []


def _new_name(name: str, taken: set[str]) -> str:
    wanted, number = name, 1
    while wanted in taken:
        number += 1
        wanted = f"{name[: LONGEST_NAME - 1 - len(str(number))]}_{number}"
    return wanted


def _whole(value: object, default: int) -> int:
    return int(finite(value)) if is_number(value) else default


NODE_TYPES = (AntropicLLMCallNode,)
