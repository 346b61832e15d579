"""A tree of executions while it runs, for the terminal: its nodes, and its last events."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from heapq import nlargest
from typing import Final, NamedTuple

from rich.console import Group
from rich.table import Table
from rich.text import Text

from chaingraph.cli.durations import duration
from chaingraph.cli.event_lines import event_line
from chaingraph.cli.progress import ExecutionStep, NodeStep, Progress, Standing, Step
from chaingraph.graph.json_types import JsonObject, object_of

SHOWN_EVENTS: Final = 6
# Besides the rows of nodes: headings, the line about the flow, empty lines, the note on hidden rows.
OTHER_LINES: Final = SHOWN_EVENTS + 6
FEWEST_ROWS: Final = 3
TOLD: Final = frozenset({Standing.FAILED, Standing.SKIPPED})
# What the table shows anyway is not among the last events.
IN_TABLE: Final = frozenset({"node:status-changed", "node:started"})
STYLES: Final = {
    Standing.WAITING: "dim",
    Standing.RUNNING: "yellow",
    Standing.PAUSED: "magenta",
    Standing.COMPLETED: "green",
    Standing.FAILED: "red",
    Standing.SKIPPED: "dim",
    Standing.STOPPED: "red",
    Standing.NOT_RUN: "dim",
}


class Row(NamedTuple):
    """`standing` differs from the step's own where its execution is over without it."""

    step: Step
    standing: Standing
    title: str
    type: str


class FlowView:
    """`see` takes the events in their wire form, with the values that changed."""

    def __init__(self, document: JsonObject) -> None:
        self._name = str(object_of(document.get("metadata")).get("name") or "Untitled Flow")
        self._progress = Progress(document)
        self._last: deque[Text] = deque(maxlen=SHOWN_EVENTS)

    @property
    def has_begun(self) -> bool:
        return self._progress.root is not None

    def see(self, execution_id: str, event: JsonObject) -> Text:
        """The event as a line."""
        execution = self._progress.take(execution_id, event)
        line = event_line(event, execution)
        if event["type"] not in IN_TABLE:
            self._remember(line)
        return line

    def notice(self, text: str) -> None:
        self._remember(Text(text, "magenta"))

    def drawn(self, now_ms: int, height: int) -> Group:
        """What fits into so many lines: nodes that run, then those that changed last."""
        rows = list(self._rows())
        shown = _most_recent(rows, max(FEWEST_ROWS, height - OTHER_LINES))
        hidden = len(rows) - len(shown)
        note = [Text(f"… and {hidden} more nodes", "dim")] if hidden else []
        return Group(self._headline(now_ms), Text(), _table(shown, now_ms), *note, Text(), *self._last)

    def whole(self, now_ms: int) -> Group:
        """Every node, however many there are."""
        return Group(self._headline(now_ms), Text(), _table(self._rows(), now_ms), Text())

    def summary(self) -> Text:
        """How it ended, in one line."""
        root = self._progress.root
        if root is None:
            return Text()
        counts = Counter(node.standing for execution in root.tree() for node in execution.nodes.values())
        told = (f"{counts[standing]} {standing}" for standing in Standing if _counts(standing, counts))
        ended = f"{root.standing} in {duration(root.milliseconds or 0)}" if root.is_over else root.standing
        why = f": {root.says}" if root.says else ""
        return Text(f"{ended}{why} ({', '.join(told) or 'no node ran'})", STYLES[root.standing])

    def _remember(self, line: Text) -> None:
        self._last.append(_in_one_line(line.copy()))

    def _headline(self, now_ms: int) -> Text:
        root = self._progress.root
        line = Text(self._name, "bold")
        if root is None:
            return line
        line.append(f"  {root.id}  ", "dim").append(root.standing, STYLES[root.standing])
        return line.append(f"  {_time(root, root.standing, now_ms)}  {root.says}".rstrip(), "dim")

    def _rows(self) -> Iterator[Row]:
        if self._progress.root is not None:
            yield from _execution_rows(self._progress.root)


def _execution_rows(execution: ExecutionStep) -> Iterator[Row]:
    """Of a child only the nodes that something happened to, as it is a run of the same flow."""
    is_root = not execution.label
    if not is_root:
        title = _indented(f"└ {execution.label}", execution.depth - 1)
        yield Row(execution, execution.standing, title, "execution")
    for node in execution.nodes.values():
        if is_root or node.changed:
            standing = _standing(node, execution)
            yield Row(node, standing, _indented(node.title, execution.depth), node.type)
    for child in execution.children:
        yield from _execution_rows(child)


def _standing(node: NodeStep, execution: ExecutionStep) -> Standing:
    if execution.is_over and node.standing is Standing.WAITING:
        return Standing.NOT_RUN
    return node.standing


def _indented(title: str, depth: int) -> str:
    return f"{'  ' * depth}{title}"


def _most_recent(rows: list[Row], count: int) -> list[Row]:
    """In the order of the flow."""
    recent = nlargest(count, range(len(rows)), key=lambda place: _rank(rows[place]))
    return [rows[place] for place in sorted(recent)]


def _rank(row: Row) -> tuple[bool, int]:
    return row.standing is Standing.RUNNING, row.step.changed


def _table(rows: Iterable[Row], now_ms: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("node", "type", "status", "time"):
        table.add_column(heading, header_style="bold", no_wrap=True)
    table.add_column("result", header_style="bold")  # may wrap, so where there is no room it gives way first
    for row in rows:
        style = STYLES[row.standing]
        says = _in_one_line(Text(row.step.says, style if row.standing in TOLD else ""))
        standing = Text(row.standing, style)
        table.add_row(
            Text(row.title), Text(row.type, "dim"), standing, _time(row.step, row.standing, now_ms), says
        )
    return table


def _in_one_line(text: Text) -> Text:
    """Cut off where the screen ends."""
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _time(step: Step, standing: Standing, now_ms: int) -> str:
    if step.milliseconds is not None:
        return duration(step.milliseconds)
    if standing is Standing.RUNNING:
        return duration(max(0, now_ms - step.began_ms))
    return ""


def _counts(standing: Standing, counts: Counter[Standing]) -> bool:
    return counts[standing] > 0 and standing not in {Standing.WAITING, Standing.NOT_RUN}
