"""Values that are written down in the flow; each node forwards its own."""

from chaingraph.graph.declarations import Passthrough
from chaingraph.graph.kinds import any_value, array, boolean, number, record, string
from chaingraph.graph.node_types import NodeType, Scope

CATEGORY = "basic-values"


class NumberNode(NodeType, title="Number Node", category=CATEGORY, pure=True):
    """Holds a number."""

    num = Passthrough(number())

    def run(self, scope: Scope) -> None:
        pass


class TextNode(NodeType, title="Text Node", category=CATEGORY, pure=True):
    """Holds a text."""

    text = Passthrough(string(), ui={"isTextArea": True})

    def run(self, scope: Scope) -> None:
        pass


class BooleanNode(NodeType, title="Boolean Node", category=CATEGORY, pure=True):
    """Holds true or false."""

    flag = Passthrough(boolean())

    def run(self, scope: Scope) -> None:
        pass


class ObjectNode(NodeType, title="Object Node", category=CATEGORY, pure=True):
    """Holds an object whose fields are edited in the flow."""

    content = Passthrough(record(schema_is_mutable=True), key="object")

    def run(self, scope: Scope) -> None:
        pass


class ArrayNode(NodeType, title="Array Node", category=CATEGORY, pure=True):
    """Holds an array; what is connected to the item schema decides the type of its elements."""

    item_schema = Passthrough(any_value())
    elements = Passthrough(array(any_value(), schema_is_mutable=True), key="array")

    def run(self, scope: Scope) -> None:
        pass


class MarkdownTextNode(NodeType, title="Markdown Text", category=CATEGORY, pure=True):
    """Holds a Markdown text and shows it rendered."""

    text = Passthrough(string(), ui={"isTextArea": True, "renderMarkdown": True})

    def run(self, scope: Scope) -> None:
        pass


class HTMLPreviewNode(NodeType, title="HTML Preview", category=CATEGORY, pure=True):
    """Holds an HTML text and shows it rendered."""

    html = Passthrough(string(), ui={"isTextArea": True, "renderHtml": True})

    def run(self, scope: Scope) -> None:
        pass


NODE_TYPES = (
    NumberNode,
    TextNode,
    BooleanNode,
    ObjectNode,
    ArrayNode,
    MarkdownTextNode,
    HTMLPreviewNode,
)
