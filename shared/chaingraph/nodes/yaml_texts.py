"""YAML 1.2 (core schema), as the reference engine reads and writes it.

PyYAML reads; what it does differently is set right here: `yes`, dates and octals are texts, keys are unique;
aliases are refused, because a small text could stand for a huge value. Loaded with the first node that needs
it. Written is without it, because people compare what they get with what they got.
"""

# pyright: reportUnknownMemberType=false

import re
from collections.abc import Callable, Hashable
from typing import Final

import yaml
from yaml.constructor import ConstructorError

from chaingraph.errors import Rejected
from chaingraph.graph.json_texts import compact_json, script_keys
from chaingraph.graph.json_types import is_list, is_number, is_object
from chaingraph.graph.texts import tidy, well_formed
from chaingraph.graph.values import copied
from chaingraph.nodes.script_values import as_text
from chaingraph.nodes.yaml_strings import Place, plain_text, quoted_text

WriteText = Callable[[str, Place], str]

# Reading a longer one would keep the engine from saying that it is alive.
MAX_LENGTH: Final = 1_000_000

_STEP: Final = "  "
_TAG: Final = "tag:yaml.org,2002:"
_CORE: Final = (
    ("null", re.compile(r"^(?:~|null|Null|NULL|)$")),
    ("bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")),
    ("int", re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")),
    ("float", re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")),
)
_RESOLVERS: Final = {None: [(_TAG + name, pattern) for name, pattern in _CORE]}


def parsed_yaml(text: str) -> object:
    """The value that a YAML text stands for; `Rejected` where it is none, too long, or nests too deeply."""
    if len(text) > MAX_LENGTH:
        raise Rejected(f"A YAML text may have {MAX_LENGTH} characters, this one has {len(text)}")
    try:
        return copied(_json_value(yaml.load(text, _Loader)))  # noqa: S506 - derives from SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Rejected(f"Invalid YAML: {error}") from error


def yaml_text(value: object) -> str:
    """Two spaces for each level; texts quoted only where they must be."""
    return _written(value, "", plain_text) + "\n"


def quoted_yaml_text(value: object) -> str:
    """The same with every text in double quotes."""
    return _written(value, "", quoted_text) + "\n"


def _written(value: object, indent: str, write: WriteText) -> str:
    if is_list(value) and value:
        return f"\n{indent}".join(f"- {_written(element, indent + _STEP, write)}" for element in value)
    if is_object(value) and value:
        return f"\n{indent}".join(_pair(key, value[key], indent, write) for key in script_keys(value))
    return write(value, Place(indent)) if isinstance(value, str) else compact_json(value)


def _pair(key: str, value: object, indent: str, write: WriteText) -> str:
    indent += _STEP
    begun = f"{write(key, Place(indent, is_key=True))}:"
    if (is_list(value) or is_object(value)) and value:
        return f"{begun}\n{indent}{_written(value, indent, write)}"
    if not isinstance(value, str):
        return f"{begun} {compact_json(value)}"
    text = write(value, Place(indent, len(begun) + 1))
    return begun + text if text.startswith("\n") else f"{begun} {text}"


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = _RESOLVERS

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise Rejected("YAML aliases are not supported")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:  # noqa: FBT001, FBT002
        mapping: dict[Hashable, object] = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            raise ConstructorError(None, None, "keys must be unique", node.start_mark)
        return mapping


def _load_integer(_: _Loader, node: yaml.ScalarNode) -> float:
    text: str = node.value
    return tidy(int(text, 0) if text.startswith(("0o", "0x")) else float(text))


def _load_float(_: _Loader, node: yaml.ScalarNode) -> float:
    return tidy(float(node.value))


_Loader.add_constructor(_TAG + "int", _load_integer)
_Loader.add_constructor(_TAG + "float", _load_float)


def _json_value(value: object) -> object:
    """Explicit tags can make sets, dates and bytes: those have no place in a flow."""
    if isinstance(value, str):
        return well_formed(value)
    if value is None or isinstance(value, bool) or is_number(value):
        return value
    if is_list(value):
        return [_json_value(element) for element in value]
    if is_object(value):
        return {well_formed(as_text(key)): _json_value(field) for key, field in value.items()}
    raise Rejected(f"YAML values of type {type(value).__name__} are not supported")
