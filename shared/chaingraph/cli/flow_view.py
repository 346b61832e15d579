"""A flow while it runs, for the terminal: its nodes, and its last events."""

from collections import deque
from dataclasses import dataclass
from typing import Final, cast

from rich.console import Group
from rich.table import Table
from rich.text import Text

from chaingraph.graph.json_types import JsonObject

SHOWN_EVENTS: Final = 8
SHOWN_VALUE: Final = 48
STANDINGS: Final = {
    "node:started": ("running", "yellow"),
    "node:completed": ("completed", "green"),
    "node:failed": ("failed", "red"),
    "node:skipped": ("skipped", "dim"),
}
FINAL: Final = frozenset({"flow:completed", "flow:failed", "flow:cancelled"})


@dataclass(slots=True)
class NodeRow:
    title: str
    type: str
    standing: Text
    milliseconds: str = ""
    values: str = ""


class FlowView:
    """Drawn by rich; `see` takes an event in its wire form, with the values that changed."""

    def __init__(self, document: JsonObject) -> None:
        self._rows = {str(node["id"]): _row(node) for node in cast("list[JsonObject]", document["nodes"])}
        self._last: deque[Text] = deque(maxlen=SHOWN_EVENTS)
        self.final: str | None = None

    def see(self, event: JsonObject) -> Text:
        """The event as a line of text."""
        kind = str(event["type"])
        facts = cast("JsonObject", cast("JsonObject", event["data"])["json"])
        if kind in STANDINGS:
            self._move(self._rows[str(facts["nodeId"])], kind, facts)
        if kind in FINAL:
            self.final = kind
        line = Text(f"{event['index']:>5}  {kind:<24} {_subject(facts)}")
        self._last.append(line)
        return line

    def __rich__(self) -> Group:
        return Group(self._table(), *self._last)

    def _move(self, row: NodeRow, kind: str, facts: JsonObject) -> None:
        word, style = STANDINGS[kind]
        row.standing = Text(word, style)
        if "executionTime" in facts:
            row.milliseconds = f"{facts['executionTime']} ms"
        if "values" in facts:
            row.values = _short(cast("JsonObject", facts["values"]))
        if "error" in facts:
            row.values = str(cast("JsonObject", facts["error"])["message"])

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0))
        for heading in ("node", "type", "status", "time", "values"):
            table.add_column(heading, header_style="bold", no_wrap=True)
        for row in self._rows.values():
            table.add_row(row.title, row.type, row.standing, row.milliseconds, row.values)
        return table


def _row(node: JsonObject) -> NodeRow:
    metadata = cast("JsonObject", node.get("metadata") or {})
    return NodeRow(str(metadata.get("title") or node["id"]), str(node["type"]), Text("waiting", "dim"))


def _subject(facts: JsonObject) -> str:
    return str(facts.get("nodeId") or facts.get("edgeId") or facts.get("executionId") or "")


def _short(values: JsonObject) -> str:
    text = ", ".join(f"{name} {value!r}" for name, value in values.items() if value is not None)
    return text if len(text) <= SHOWN_VALUE else f"{text[:SHOWN_VALUE]}…"
