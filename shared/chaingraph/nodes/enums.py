"""Options chosen by text."""

from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.json_types import list_of
from chaingraph.graph.kinds import array, enum, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.nodes.script_values import as_text

_NAMED: Final = 10


class StringToEnumNode(NodeType, title="String to Enum", category="utilities", pure=True):
    """Makes an option of a text; fails if a list of allowed values lacks it. An empty text is no option."""

    input_string = Input(string())
    allowed_values = Input(array(string(), default=None))
    output_enum = Output(enum(()))

    def run(self, scope: Scope) -> None:
        option = as_text(self.input_string)
        allowed = [as_text(value) for value in list_of(self.allowed_values)]
        if option and allowed and option not in allowed:
            raise Rejected(f'Invalid value: "{option}". Allowed values are: {_named(allowed)}')
        self.output_enum = option or None


def _named(allowed: list[str]) -> str:
    if len(allowed) <= _NAMED:
        return ", ".join(allowed)
    return f"{', '.join(allowed[:_NAMED])}... ({len(allowed)} total)"


NODE_TYPES = (StringToEnumNode,)
