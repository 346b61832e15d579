"""Answers of the Messages API, put together from the events that stream them."""

from dataclasses import dataclass, field
from typing import Final

import orjson

from chaingraph.graph.json_types import JsonObject, is_number, is_object, list_of, object_of

# Where the pieces of a block go, by the type of the piece: its field in the piece, and in the block.
_TEXTS: Final = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("signature", "signature"),
}


@dataclass(slots=True)
class Answer:
    """Mutable: grows with every event. `content`: its blocks, in the form in which they are sent back.

    `unreadable`: ids of calls of tools whose arguments are no JSON object.
    """

    message: JsonObject = field(default_factory=dict[str, object])
    content: list[JsonObject] = field(default_factory=list[JsonObject])
    unreadable: set[str] = field(default_factory=set[str])
    _arguments: str = ""

    def add(self, event: JsonObject) -> str:
        """Take an event over; answers the text that it adds."""
        delta = object_of(event.get("delta"))
        match event.get("type"):
            case "message_start":
                self.message = object_of(event.get("message"))
            case "content_block_start":
                self.content.append(object_of(event.get("content_block")))
                self._arguments = ""
            case "content_block_delta":
                return self._add_piece(delta)
            case "content_block_stop":
                self._end_block()
            case "message_delta":
                self.message.update(delta)
                self.message["usage"] = {**self.usage, **object_of(event.get("usage"))}
            case _:
                pass
        return ""

    @property
    def stop_reason(self) -> object:
        return self.message.get("stop_reason")

    @property
    def usage(self) -> JsonObject:
        return object_of(self.message.get("usage"))

    @property
    def calls(self) -> list[JsonObject]:
        """The tools that the model wants to be used, if that is why it stopped."""
        if self.stop_reason != "tool_use":
            return []
        return [block for block in self.content if block.get("type") == "tool_use"]

    def _add_piece(self, delta: JsonObject) -> str:
        if not self.content:
            return ""
        block, kind = self.content[-1], str(delta.get("type"))
        if kind in _TEXTS:
            source, target = _TEXTS[kind]
            piece = str(delta.get(source, ""))
            block[target] = str(block.get(target) or "") + piece
            return piece if kind == "text_delta" else ""
        if kind == "input_json_delta":
            self._arguments += str(delta.get("partial_json", ""))
        elif kind == "citations_delta":
            block["citations"] = [*list_of(block.get("citations")), delta.get("citation")]
        return ""

    def _end_block(self) -> None:
        if not self._arguments:
            return
        block, arguments = self.content[-1], _read(self._arguments)
        block["input"] = arguments if arguments is not None else {}
        if arguments is None:
            self.unreadable.add(str(block.get("id")))


def summed(usages: list[JsonObject]) -> JsonObject:
    """The tokens of several answers together."""
    names = dict.fromkeys(name for usage in usages for name, count in usage.items() if is_number(count))
    return {name: sum(_count(usage.get(name)) for usage in usages) for name in names}


def _count(count: object) -> float:
    return count if is_number(count) else 0


def _read(text: str) -> JsonObject | None:
    try:
        found: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if is_object(found) else None
