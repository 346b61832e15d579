"""Arrays of objects: fields taken out, put in, picked, compared, added up."""

import functools
from collections.abc import Callable, Mapping
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output, Passthrough
from chaingraph.graph.defaults import properties_of
from chaingraph.graph.json_types import JsonList, JsonObject, is_list, is_number, is_object, object_of
from chaingraph.graph.kinds import any_value, array, enum, record, string
from chaingraph.graph.missing import MISSING
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.texts import tidy
from chaingraph.ids import PortId
from chaingraph.nodes.arrays import CATEGORY, elements, own
from chaingraph.nodes.flow_control import is_equal, order_of
from chaingraph.nodes.lucene_query import matcher
from chaingraph.nodes.script_values import as_text
from chaingraph.nodes.value_paths import found_at, put_at, steps_of

VALUE: Final = "value"


def value_or_none(value: object, path: str) -> object:
    found = found_at(value, steps_of(path))
    return None if found is MISSING else found


class ArrayPluckNode(NodeType, title="Array Pluck", category=CATEGORY, pure=True):
    """The value at a path of every element; null where there is none."""

    source = Passthrough(elements(), key="array")
    path = Input(string())
    result = Output(elements())

    def run(self, scope: Scope) -> None:
        path = as_text(self.path)
        self.result = [value_or_none(element, path) for element in own(self.source)]


class ArrayEmbedNode(NodeType, title="Array Embed", category=CATEGORY, pure=True):
    """A new object for every element, with the element at a path of it."""

    source = Passthrough(elements(), key="array")
    path = Input(string())
    result = Output(array(record({}), schema_is_mutable=True))

    def run(self, scope: Scope) -> None:
        keys = [key for key in as_text(self.path).split(".") if key] or [VALUE]
        self.result = [_embedded(element, keys) for element in own(self.source)]


def _embedded(element: object, keys: list[str]) -> JsonObject:
    target: JsonObject = {}
    put_at(target, keys, element)
    return target


class ArrayPickNode(NodeType, title="Array Pick", category=CATEGORY, pure=True):
    """Every element with no other fields than those of a schema."""

    source = Passthrough(elements(), key="array")
    pick_schema = Passthrough(record(schema_is_mutable=True))
    result = Output(elements())

    def run(self, scope: Scope) -> None:
        keys = {*properties_of(scope.port_config("pickSchema")), *object_of(self.pick_schema)}
        self.result = [_picked(element, keys) for element in own(self.source)]


def _picked(element: object, keys: set[str]) -> object:
    return {key: value for key, value in element.items() if key in keys} if is_object(element) else element


class ArrayPartitionNode(NodeType, title="Array Partition", category=CATEGORY, pure=True):
    """The elements whose value at a path meets a condition, and the others."""

    source = Passthrough(elements(), key="array")
    path = Input(string())
    operator = Input(
        enum(
            {
                "eq": "=",
                "neq": "≠",
                "gt": ">",
                "gte": "≥",
                "lt": "<",
                "lte": "≤",
                "truthy": "is true",
                "falsy": "is false",
                "contains": "contains",
                "startsWith": "starts with",
                "endsWith": "ends with",
            },
            default="eq",
        )
    )
    value = Input(any_value())
    matching = Output(elements())
    non_matching = Output(elements())

    def run(self, scope: Scope) -> None:
        matches = _CONDITIONS.get(self.operator or "", is_equal)
        path, wanted = as_text(self.path), self.value
        sides: tuple[JsonList, JsonList] = ([], [])
        for element in own(self.source):
            sides[matches(value_or_none(element, path), wanted)].append(element)
        self.non_matching, self.matching = sides


def _contains(value: object, wanted: object) -> bool:
    if is_list(value):
        return any(is_equal(element, wanted) for element in value)
    return as_text(wanted) in as_text(value)


def is_true(value: object) -> bool:
    """Whether JavaScript takes the value for true: empty lists and objects are true."""
    return is_list(value) or is_object(value) or bool(value)


_CONDITIONS: Final[Mapping[str, Callable[[object, object], bool]]] = {
    "eq": is_equal,
    "neq": lambda value, wanted: not is_equal(value, wanted),
    "gt": lambda value, wanted: order_of(value, wanted) > 0,
    "gte": lambda value, wanted: order_of(value, wanted) >= 0,
    "lt": lambda value, wanted: order_of(value, wanted) < 0,
    "lte": lambda value, wanted: order_of(value, wanted) <= 0,
    "truthy": lambda value, _: is_true(value),
    "falsy": lambda value, _: not is_true(value),
    "contains": _contains,
    "startsWith": lambda value, wanted: as_text(value).startswith(as_text(wanted)),
    "endsWith": lambda value, wanted: as_text(value).endswith(as_text(wanted)),
}


class ArrayReduceNode(NodeType, title="Array Reduce", category=CATEGORY, pure=True):
    """One value from all elements, or from their values at a path."""

    source = Passthrough(elements(), key="array")
    operation = Input(
        enum(
            {
                "sum": "Sum",
                "avg": "Average",
                "min": "Minimum",
                "max": "Maximum",
                "count": "Number of elements",
                "first": "First",
                "last": "Last",
                "concat": "All in one array",
                "join": "Joined as text",
            },
            default="sum",
        )
    )
    path = Input(string())
    separator = Input(string(default=","))
    result = Output(any_value())

    def run(self, scope: Scope) -> None:
        path = as_text(self.path)
        values = [value_or_none(element, path) for element in own(self.source)]
        reduce = _REDUCTIONS.get(self.operation or "")
        if self.operation == "join":
            self.result = as_text(self.separator).join(map(as_text, values))
        else:
            self.result = reduce(values) if reduce is not None else None


def _numbers(values: JsonList) -> list[int | float]:
    return [value for value in values if is_number(value)]


def _sum(values: JsonList) -> int | float:
    """Added one by one as doubles: 0.1 + 0.2 + 0.3 is 0.6000000000000001."""
    return tidy(functools.reduce(lambda total, number: total + number, _numbers(values), 0))


def _average(values: JsonList) -> int | float:
    numbers = _numbers(values)
    return tidy(_sum(values) / len(numbers)) if numbers else 0


def _concatenated(values: JsonList) -> JsonList:
    return [element for value in values for element in (value if is_list(value) else [value])]


_REDUCTIONS: Final[Mapping[str, Callable[[JsonList], object]]] = {
    "sum": _sum,
    "avg": _average,
    "min": lambda values: min(_numbers(values), default=0),
    "max": lambda values: max(_numbers(values), default=0),
    "count": len,
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
    "concat": _concatenated,
}


class ArrayRemapNode(NodeType, title="Array Remap", category=CATEGORY, pure=True):
    """A new object for every element, its fields taken from one path and put at another."""

    source = Passthrough(elements())
    mappings = Passthrough(array(record({"from": string(), "to": string()})))
    result = Output(elements())

    def run(self, scope: Scope) -> None:
        pairs = [_pair(object_of(mapping)) for mapping in own(self.mappings)]
        self.result = [_remapped(element, pairs) for element in own(self.source)]


def _pair(mapping: JsonObject) -> tuple[list[str], list[str]]:
    return steps_of(as_text(mapping.get("from"))), [
        key for key in as_text(mapping.get("to")).split(".") if key
    ]


def _remapped(element: object, pairs: list[tuple[list[str], list[str]]]) -> JsonObject:
    target: JsonObject = {}
    for steps, keys in pairs:
        value = found_at(element, steps)
        if keys and value is not MISSING:
            put_at(target, keys, value)
    return target


class FilterArrayLuceneNode(NodeType, title="Filter Array (Lucene)", category=CATEGORY, pure=True):
    """The elements that a query in the manner of Lucene matches; all of them without a query."""

    input_array = Input(elements())
    query = Input(string())
    filtered_array = Output(elements())

    def run(self, scope: Scope) -> None:
        if not is_list(self.values.get(PortId("inputArray"))):
            raise Rejected("Input must be an array")
        matches = matcher(as_text(self.query))
        self.filtered_array = [element for element in own(self.input_array) if matches(element)]


NODE_TYPES = (
    ArrayPluckNode,
    ArrayEmbedNode,
    ArrayPickNode,
    ArrayPartitionNode,
    ArrayReduceNode,
    ArrayRemapNode,
    FilterArrayLuceneNode,
)
