"""Everything that a node type is written with; NODES.md beside this file is the guide.

    from chaingraph.authoring import Input, NodeType, Output, Scope, number, string

    class WordCountNode(NodeType, title="Word Count", category="utilities", pure=True):
        \"\"\"Counts the words of a text.\"\"\"

        text = Input(string())
        count = Output(number())

        def run(self, scope: Scope) -> None:
            self.count = len(self.text.split())

These names stay; what is not listed here may move.
"""

from chaingraph.errors import NotFound, Rejected, Unavailable
from chaingraph.graph.declarations import Input, Output, Passthrough
from chaingraph.graph.facilities import (
    ChatMessage,
    ChatTurn,
    Evaluation,
    ExpressionCall,
    Facilities,
    HttpRequest,
    HttpResponse,
    ModelCall,
)
from chaingraph.graph.json_types import JsonList, JsonObject
from chaingraph.graph.kinds import (
    Kind,
    any_value,
    array,
    boolean,
    enum,
    number,
    record,
    secret,
    stream,
    string,
)
from chaingraph.graph.node_types import CapturedNode, NodeType, Scope, StartsWith
from chaingraph.graph.secrets import Secret
from chaingraph.graph.streams import Stream

__all__ = [
    "CapturedNode",
    "ChatMessage",
    "ChatTurn",
    "Evaluation",
    "ExpressionCall",
    "Facilities",
    "HttpRequest",
    "HttpResponse",
    "Input",
    "JsonList",
    "JsonObject",
    "Kind",
    "ModelCall",
    "NodeType",
    "NotFound",
    "Output",
    "Passthrough",
    "Rejected",
    "Scope",
    "Secret",
    "StartsWith",
    "Stream",
    "Unavailable",
    "any_value",
    "array",
    "boolean",
    "enum",
    "number",
    "record",
    "secret",
    "stream",
    "string",
]
