"""Texts made from templates and variables."""

import re
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.json_texts import compact_json
from chaingraph.graph.json_types import JsonObject, object_of
from chaingraph.graph.kinds import record, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.nodes.handlebars import rendered
from chaingraph.nodes.script_values import as_text

CATEGORY: Final = "utilities"

_PLACE: Final = re.compile(r"\{\{|\}\}|\{([^}]*)\}|[{}]")


class HandlebarsTemplateNode(NodeType, title="Handlebars Template", category=CATEGORY, pure=True):
    """Fills a Handlebars template; nothing is escaped."""

    template = Input(string(), ui={"isTextArea": True})
    variables = Input(record(schema_is_mutable=True))
    rendered_text = Output(string())

    def run(self, scope: Scope) -> None:
        self.rendered_text = rendered(as_text(self.template), object_of(self.variables))


class LangchainTemplateNode(NodeType, title="Langchain Template", category=CATEGORY, pure=True):
    """Puts variables in the places of {name}, other values than texts as JSON; two braces stand for one."""

    variables = Input(record(schema_is_mutable=True))
    template = Input(string(), ui={"isTextArea": True})
    rendered_text = Output(string())

    def run(self, scope: Scope) -> None:
        variables = object_of(self.variables)
        self.rendered_text = _PLACE.sub(lambda match: _placed(match, variables), as_text(self.template))


def _placed(match: re.Match[str], variables: JsonObject) -> str:
    if match.group() in {"{{", "}}"}:
        return match.group()[0]
    name: str | None = match.group(1)
    if name is None:
        problem = "Unclosed '{'" if match.group() == "{" else "Single '}'"
        raise Rejected(f"{problem} in template.")
    if name not in variables:
        raise Rejected(f"Missing value for input variable `{name}`")
    value = variables[name]
    return value if isinstance(value, str) else compact_json(value)


NODE_TYPES = (HandlebarsTemplateNode, LangchainTemplateNode)
