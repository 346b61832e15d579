"""Answers of Anthropic's Messages API, event by event, as its servers stream them."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from chaingraph.graph.json_types import JsonObject
from tests.web_server import Answer, Asked, WebServer, sse

PATH = "/v1/messages"

Block = tuple[JsonObject, Sequence[JsonObject]]
"""How a block begins, and the pieces that follow."""


def text_block(*parts: str) -> Block:
    return {"type": "text", "text": ""}, [{"type": "text_delta", "text": part} for part in parts]


def thinking_block(*parts: str) -> Block:
    pieces: list[JsonObject] = [{"type": "thinking_delta", "thinking": part} for part in parts]
    start: JsonObject = {"type": "thinking", "thinking": "", "signature": ""}
    return start, [*pieces, {"type": "signature_delta", "signature": "signed"}]


def tool_block(name: str, arguments: Mapping[str, object] | str, call: str = "toolu_1") -> Block:
    """`arguments`: their pieces are cut in the middle."""
    text = arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()
    middle = len(text) // 2
    pieces: list[JsonObject] = [
        {"type": "input_json_delta", "partial_json": piece} for piece in ("", text[:middle], text[middle:])
    ]
    return {"type": "tool_use", "id": call, "name": name, "input": {}}, pieces


def events_of(*blocks: Block, stop: str = "end_turn") -> list[JsonObject]:
    usage: JsonObject = {"input_tokens": 10, "output_tokens": 1}
    message: JsonObject = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    events: list[JsonObject] = [
        {"type": "message_start", "message": {**message, "stop_reason": None, "usage": usage}},
        {"type": "ping"},
    ]
    for place, (start, pieces) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": place, "content_block": start})
        events.extend({"type": "content_block_delta", "index": place, "delta": piece} for piece in pieces)
        events.append({"type": "content_block_stop", "index": place})
    delta: JsonObject = {"stop_reason": stop, "stop_sequence": None}
    ended: JsonObject = {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 7}}
    return [*events, ended, {"type": "message_stop"}]


def answer_of(*blocks: Block, stop: str = "end_turn") -> Answer:
    return sse(*events_of(*blocks, stop=stop), named="type")


def conversation(*answers: Answer) -> Mapping[str, Answer]:
    """One answer after the other."""
    left = list(answers)

    def answer(asked: Asked) -> Any:
        return left.pop(0)(asked)

    return {PATH: answer}


def bodies_of(server: WebServer) -> list[dict[str, Any]]:
    return [orjson.loads(asked.body) for asked in server.asked]
