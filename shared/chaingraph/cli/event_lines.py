"""An event as a line of text."""

from typing import Final

from rich.text import Text

from chaingraph.cli.durations import duration
from chaingraph.cli.progress import SHOWN_TEXT, ExecutionStep, facts_of, shortened
from chaingraph.graph.json_types import JsonObject, object_of

STYLES: Final = {
    "node:completed": "green",
    "node:failed": "red",
    "flow:completed": "green",
    "flow:failed": "red",
    "flow:cancelled": "red",
    "edge:transfer-failed": "red",
    "flow:paused": "magenta",
    "debug:breakpoint-hit": "magenta",
}
TYPE_WIDTH: Final = max(map(len, ("edge:transfer-completed", *STYLES)))


def event_line(event: JsonObject, execution: ExecutionStep) -> Text:
    """`execution`: the one that the event belongs to, with the event folded in."""
    kind, facts = str(event["type"]), facts_of(event)
    line = Text(f"{event['index']:>5}  ", "dim")
    if execution.label:
        line.append(f"{execution.label}  ", "cyan")
    line.append(f"{kind:<{TYPE_WIDTH}}", STYLES.get(kind, ""))
    told = (_subject(facts, execution), _news(kind, facts, execution), _time(facts))
    return line.append("".join(f"  {part}" for part in told if part))


def _subject(facts: JsonObject, execution: ExecutionStep) -> str:
    if "nodeId" in facts:
        return execution.nodes[str(facts["nodeId"])].title
    if "childExecutionId" in facts:
        return f"{facts['eventName']} {facts['childExecutionId']}"
    return str(facts.get("edgeId") or facts.get("executionId") or "")


def _news(kind: str, facts: JsonObject, execution: ExecutionStep) -> str:
    if kind == "node:completed":
        return execution.nodes[str(facts["nodeId"])].says
    if kind == "node:status-changed":
        return f"{facts['oldStatus']} → {facts['newStatus']}"
    error = object_of(facts.get("error")).get("message")
    return shortened(str(error or facts.get("reason") or facts.get("log") or ""), SHOWN_TEXT)


def _time(facts: JsonObject) -> str:
    milliseconds = facts.get("executionTime")
    return f"in {duration(milliseconds)}" if isinstance(milliseconds, int) else ""
