"""Arrays made from arrays, and single elements of them."""

from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output, Passthrough
from chaingraph.graph.json_types import JsonList, list_of
from chaingraph.graph.kinds import Kind, any_value, array, boolean, enum, number, record
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.values import copied
from chaingraph.nodes.script_values import as_text, finite
from chaingraph.nodes.value_paths import merged

CATEGORY: Final = "transforms"


def elements() -> Kind[JsonList]:
    """An array that takes the type of its elements from what is connected."""
    return array(any_value(), schema_is_mutable=True)


def own(value: object) -> JsonList:
    """A copy of an array; what is none is empty."""
    return list_of(copied(value))


class ArrayConcatNode(NodeType, title="Array Concat", category=CATEGORY, pure=True):
    """One array after the other."""

    array_a = Passthrough(elements())
    array_b = Passthrough(elements())
    result = Output(elements())

    def run(self, scope: Scope) -> None:
        self.result = own(self.array_a) + own(self.array_b)


class ArrayElementNode(NodeType, title="Array Element", category=CATEGORY, pure=True):
    """The element at a place, counted from 0."""

    source = Passthrough(elements(), key="array")
    index = Passthrough(number(integer=True))
    element = Output(any_value())

    def run(self, scope: Scope) -> None:
        found, place = own(self.source), finite(self.index)
        if not 0 <= place < len(found) or int(place) != place:
            raise Rejected(f"Index {as_text(place)} is out of bounds for an array of length {len(found)}")
        self.element = found[int(place)]


class ArrayFirstNode(NodeType, title="Array First", category=CATEGORY, pure=True):
    """The first element."""

    source = Passthrough(elements(), key="array")
    element = Output(any_value())
    is_empty = Output(boolean(default=True))

    def run(self, scope: Scope) -> None:
        found = own(self.source)
        self.is_empty = not found
        self.element = found[0] if found else None


class ArrayLastNode(NodeType, title="Array Last", category=CATEGORY, pure=True):
    """The last element."""

    source = Passthrough(elements(), key="array")
    element = Output(any_value())
    is_empty = Output(boolean(default=True))

    def run(self, scope: Scope) -> None:
        found = own(self.source)
        self.is_empty = not found
        self.element = found[-1] if found else None


class ArrayLengthNode(NodeType, title="Array Length", category=CATEGORY, pure=True):
    """How many elements there are."""

    source = Input(array(any_value()), key="array")
    length = Output(number(), required=True)

    def run(self, scope: Scope) -> None:
        self.length = len(list_of(self.source))


class ArraySliceNode(NodeType, title="Array Slice", category=CATEGORY, pure=True):
    """The elements from one place to before another; −1 is the end, other negative places count from it."""

    source = Passthrough(elements(), key="array")
    start = Input(number(integer=True))
    end = Input(number(default=-1, integer=True))
    result = Output(elements())

    def run(self, scope: Scope) -> None:
        found = own(self.source)
        start, end = int(finite(self.start)), int(finite(self.end))
        self.result = found[start:] if end == -1 else found[start:end]


class ArrayReverseNode(NodeType, title="Array Reverse", category=CATEGORY, pure=True):
    """The elements from the last to the first."""

    source = Passthrough(elements(), key="array")
    result = Output(elements())

    def run(self, scope: Scope) -> None:
        self.result = own(self.source)[::-1]


class ArrayZipNode(NodeType, title="Array Zip", category=CATEGORY, pure=True):
    """Pairs of the elements of two arrays."""

    array_a = Passthrough(elements())
    array_b = Passthrough(elements())
    length_strategy = Input(
        enum(
            {
                "shortest": "As long as the shorter",
                "longest": "As long as the longer",
                "first": "As long as the first",
                "second": "As long as the second",
            },
            default="shortest",
        )
    )
    result = Output(array(record({"a": any_value(), "b": any_value()})))

    def run(self, scope: Scope) -> None:
        first, second = own(self.array_a), own(self.array_b)
        lengths = {"longest": max, "first": _first, "second": _second}
        length = lengths.get(self.length_strategy or "", min)(len(first), len(second))
        self.result = [
            {
                "a": first[place] if place < len(first) else None,
                "b": second[place] if place < len(second) else None,
            }
            for place in range(length)
        ]


def _first(first: int, _: int) -> int:
    return first


def _second(_: int, second: int) -> int:
    return second


class ArrayZipMergeNode(NodeType, title="Array Zip Merge", category=CATEGORY, pure=True):
    """The elements of two arrays merged in pairs, fields of the second winning."""

    array_a = Passthrough(elements())
    array_b = Passthrough(elements())
    result = Output(elements())

    def run(self, scope: Scope) -> None:
        pairs = zip(own(self.array_a), own(self.array_b), strict=False)
        self.result = [merged(first, second) for first, second in pairs]


NODE_TYPES = (
    ArrayConcatNode,
    ArrayElementNode,
    ArrayFirstNode,
    ArrayLastNode,
    ArrayLengthNode,
    ArraySliceNode,
    ArrayReverseNode,
    ArrayZipNode,
    ArrayZipMergeNode,
)
