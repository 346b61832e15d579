"""Branches, gates and waits: what decides which nodes run, and when."""

from collections.abc import Callable, Mapping
from typing import Final

from chaingraph.graph.declarations import Input, Output, Passthrough
from chaingraph.graph.defaults import properties_of
from chaingraph.graph.json_types import object_of
from chaingraph.graph.kinds import any_value, boolean, enum, number, record, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.values import copied
from chaingraph.nodes.instants import wait_seconds
from chaingraph.nodes.script_values import as_number, as_text, finite

CATEGORY = "flow"

OPERATORS: Final = {
    "equals": "=",
    "notEquals": "≠",
    "greaterThan": ">",
    "lessThan": "<",
    "greaterThanOrEquals": "≥",
    "lessThanOrEquals": "≤",
    "contains": "contains",
    "notContains": "does not contain",
    "startsWith": "starts with",
    "endsWith": "ends with",
}


class BranchNode(NodeType, title="Branch", category=CATEGORY, pure=True):
    """Compares two values. Connect the result to the execute port of what shall run only if it is true."""

    left_value = Input(any_value())
    operator = Input(enum(OPERATORS, default="equals"))
    right_value = Input(any_value())
    result = Output(boolean())

    def run(self, scope: Scope) -> None:
        compare = _COMPARISONS.get(self.operator or "")
        self.result = compare is not None and compare(self.left_value, self.right_value)


def is_equal(left: object, right: object) -> bool:
    """Null equals only null; what stands for numbers is compared as numbers; objects are never equal."""
    if left is None or right is None:
        return left is right
    numbers = as_number(left), as_number(right)
    if None not in numbers:
        return numbers[0] == numbers[1]
    return isinstance(left, str) and left == right


def order_of(left: object, right: object) -> int:
    """-1, 0 or 1: by number where both stand for numbers, else by text."""
    numbers = as_number(left), as_number(right)
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    texts = _utf16(as_text(left)), _utf16(as_text(right))
    return (texts[0] > texts[1]) - (texts[0] < texts[1])


def _utf16(text: str) -> bytes:
    """Sorts as JavaScript does, by UTF-16 code units."""
    return text.encode("utf-16-be", "surrogatepass")


_COMPARISONS: Final[Mapping[str, Callable[[object, object], bool]]] = {
    "equals": is_equal,
    "notEquals": lambda left, right: not is_equal(left, right),
    "greaterThan": lambda left, right: order_of(left, right) > 0,
    "lessThan": lambda left, right: order_of(left, right) < 0,
    "greaterThanOrEquals": lambda left, right: order_of(left, right) >= 0,
    "lessThanOrEquals": lambda left, right: order_of(left, right) <= 0,
    "contains": lambda left, right: as_text(right) in as_text(left),
    "notContains": lambda left, right: as_text(right) not in as_text(left),
    "startsWith": lambda left, right: as_text(left).startswith(as_text(right)),
    "endsWith": lambda left, right: as_text(left).endswith(as_text(right)),
}


class SwitchNode(NodeType, title="Switch", category=CATEGORY, pure=True):
    """Compares a text with several cases; each case is a boolean field, true for the one that matches."""

    input = Input(string())
    case_object = Output(record(schema_is_mutable=True))
    default = Output(boolean())

    def run(self, scope: Scope) -> None:
        cases = [*properties_of(scope.port_config("caseObject")), *object_of(self.case_object)]
        self.case_object = {case: case == self.input for case in cases}
        self.default = self.input not in cases


class Gate(NodeType, title="Gate", category=CATEGORY, pure=True, type_name="GateNodeV2"):
    """Waits for everything that is connected to it and passes it on."""

    gate = Passthrough(
        record({"gate-input-1": any_value()}, schema_is_mutable=True), ui={"hidePropertyEditor": True}
    )

    def run(self, scope: Scope) -> None:
        pass


class EarlierGate(NodeType, title="Gate", category=CATEGORY, pure=True, type_name="GateNode", hidden=True):
    """The older form of the gate, with separate sides."""

    input_object = Input(record(schema_is_mutable=True))
    connections_map = Input(string())
    output_object = Output(record(schema_is_mutable=True))

    def run(self, scope: Scope) -> None:
        self.output_object = object_of(copied(self.input_object))


class SleepNode(NodeType, title="Sleep", category=CATEGORY, pure=True):
    """Waits for a number of milliseconds."""

    duration = Input(number(default=1000, minimum=0), description="Milliseconds")
    actual_duration = Output(number())

    async def run(self, scope: Scope) -> None:
        seconds = await scope.sleep(wait_seconds(finite(self.duration)))
        self.actual_duration = round(seconds * 1000)


class IsRootExecutionNode(NodeType, title="Is Root Execution", category=CATEGORY, pure=True):
    """True in an execution that no other execution has started."""

    is_root = Output(boolean())

    def run(self, scope: Scope) -> None:
        self.is_root = scope.parent_execution_id is None


NODE_TYPES = (
    BranchNode,
    SwitchNode,
    Gate,
    EarlierGate,
    SleepNode,
    IsRootExecutionNode,
)
