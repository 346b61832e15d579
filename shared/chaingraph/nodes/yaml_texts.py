"""YAML 1.2 (core schema), as the reference engine reads and writes it.

What PyYAML does differently is set right here: `yes`, dates and octals are texts; aliases are refused,
because a small text could stand for a huge value. Loaded with the first node that needs it.
"""

# pyright: reportUnknownMemberType=false

import re
from typing import Final

import yaml

from chaingraph.errors import Rejected
from chaingraph.graph.json_types import is_list, is_number, is_object
from chaingraph.graph.texts import number_text, tidy, well_formed
from chaingraph.graph.values import copied
from chaingraph.nodes.script_values import as_text, script_keys

_TAG: Final = "tag:yaml.org,2002:"
_CORE: Final = (
    ("null", re.compile(r"^(?:~|null|Null|NULL|)$")),
    ("bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")),
    ("int", re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")),
    ("float", re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")),
)
_RESOLVERS: Final = {None: [(_TAG + name, pattern) for name, pattern in _CORE]}


def parsed_yaml(text: str) -> object:
    """The value that a YAML text stands for; `Rejected` where it is none or nests too deeply."""
    try:
        return copied(_json_value(yaml.load(text, _Loader)))  # noqa: S506 - derives from SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Rejected(f"Invalid YAML: {error}") from error


def yaml_text(value: object) -> str:
    """Two spaces for each level; texts quoted only where they must be."""
    return _dumped(value, _Dumper)


def quoted_yaml_text(value: object) -> str:
    """The same with every text in double quotes."""
    return _dumped(value, _QuotingDumper)


def _dumped(value: object, dumper: type[yaml.SafeDumper]) -> str:
    text: str = yaml.dump(_script_value(value), Dumper=dumper, allow_unicode=True, sort_keys=False)
    # The end mark that the library puts behind a single scalar.
    return text.removesuffix("...\n")


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = _RESOLVERS

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise Rejected("YAML aliases are not supported")
        return super().compose_node(parent, index)


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


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers = _RESOLVERS

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002
        super().increase_indent(flow, indentless=False)

    def choose_scalar_style(self) -> str:
        style = super().choose_scalar_style()
        return '"' if style == "'" else style


class _QuotingDumper(_Dumper):
    pass


def _dump_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(_TAG + "str", text, "|" if "\n" in text else None)


def _dump_quoted(dumper: _QuotingDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(_TAG + "str", text, '"')


def _dump_number(dumper: _Dumper, number: float) -> yaml.ScalarNode:
    text = number_text(number)
    return dumper.represent_scalar(_TAG + ("int" if text.lstrip("-").isdigit() else "float"), text)


_Dumper.add_representer(str, _dump_text)
_Dumper.add_representer(int, _dump_number)
_Dumper.add_representer(float, _dump_number)
_QuotingDumper.add_representer(str, _dump_quoted)


def _script_value(value: object) -> object:
    """With keys in JavaScript's order, and every part made anew: what occurs twice would be an alias."""
    if is_list(value):
        return [_script_value(element) for element in value]
    if is_object(value):
        return {key: _script_value(value[key]) for key in script_keys(value)}
    return value
