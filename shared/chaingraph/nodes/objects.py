"""Objects taken apart, and values of any type wrapped, unwrapped and merged."""

from chaingraph.graph.declarations import Input, Output, Passthrough
from chaingraph.graph.json_texts import script_keys
from chaingraph.graph.json_types import is_list, object_of
from chaingraph.graph.kinds import any_value, array, record, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.values import copied
from chaingraph.nodes.array_fields import value_or_none
from chaingraph.nodes.arrays import CATEGORY
from chaingraph.nodes.script_values import as_text
from chaingraph.nodes.value_paths import merged


class ObjectKeysNode(NodeType, title="Object Keys", category=CATEGORY, pure=True):
    """The names of an object's fields."""

    source = Passthrough(record(schema_is_mutable=True), key="object")
    keys = Output(array(string()))

    def run(self, scope: Scope) -> None:
        self.keys = script_keys(object_of(self.source))


class ObjectValuesNode(NodeType, title="Object Values", category=CATEGORY, pure=True):
    """The values of an object's fields."""

    source = Passthrough(record(schema_is_mutable=True), key="object")
    # `values` is taken: every node has the values of its ports there.
    field_values = Output(array(any_value()), key="values")

    def run(self, scope: Scope) -> None:
        fields = object_of(copied(self.source))
        self.field_values = [fields[key] for key in script_keys(fields)]


class TypeFocusNode(NodeType, title="Type Focus", category=CATEGORY, pure=True):
    """The value at a path inside another one."""

    source = Passthrough(any_value())
    path = Input(string())
    focused = Output(any_value())

    def run(self, scope: Scope) -> None:
        self.focused = copied(value_or_none(self.source, as_text(self.path)))


class TypeMergeNode(NodeType, title="Type Merge", category=CATEGORY, pure=True):
    """Two objects merged field by field, the second one winning."""

    type_a = Passthrough(any_value())
    type_b = Passthrough(any_value())
    merged = Output(record(schema_is_mutable=True))

    def run(self, scope: Scope) -> None:
        self.merged = object_of(merged(object_of(self.type_a), object_of(self.type_b)))


class TypeUnwrapNode(NodeType, title="Type Unwrap", category=CATEGORY, pure=True):
    """The first element of an array; anything else as it is."""

    container = Passthrough(any_value())
    element = Output(any_value())

    def run(self, scope: Scope) -> None:
        content = copied(self.container)
        first = content[0] if is_list(content) and content else None
        self.element = first if is_list(content) else content


class TypeWrapNode(NodeType, title="Type Wrap", category=CATEGORY, pure=True):
    """An array with one element, or none for null."""

    element = Passthrough(any_value())
    wrapped = Output(array(any_value(), schema_is_mutable=True))

    def run(self, scope: Scope) -> None:
        self.wrapped = [] if self.element is None else [copied(self.element)]


NODE_TYPES = (ObjectKeysNode, ObjectValuesNode, TypeFocusNode, TypeMergeNode, TypeUnwrapNode, TypeWrapNode)
