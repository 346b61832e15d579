"""Which ports may be joined."""

from typing import Any

import pytest

from chaingraph.graph.compatibility import may_feed
from chaingraph.graph.flow import Port
from chaingraph.graph.ports import read_root_port

KINDS = ("string", "number", "boolean", "enum", "array", "object", "stream", "any", "secret")
NUMBER = {"type": "number"}
TEXT = {"type": "string"}


def port(kind: str, **config: Any) -> Port:
    found = read_root_port({"key": "p", "type": kind, "direction": "passthrough", **config}, "", [])
    assert found is not None
    return found


def record(*, mutable: bool = False, **properties: Any) -> Port:
    return port("object", schema={"properties": properties}, isSchemaMutable=mutable)


@pytest.mark.parametrize("source", KINDS)
@pytest.mark.parametrize("target", KINDS)
def test_only_the_same_types_fit_but_for_any(source: str, target: str) -> None:
    assert may_feed(port(source), port(target)) is (source == target or "any" in (source, target))


@pytest.mark.parametrize(
    ("source", "target", "fits"),
    [
        (port("any", underlyingType=NUMBER), port("number"), True),
        (port("any", underlyingType=NUMBER), port("string"), False),
        (port("boolean"), port("any", underlyingType={"type": "object"}), False),
        (port("array", itemConfig=NUMBER), port("array", itemConfig=NUMBER), True),
        (port("array", itemConfig=NUMBER), port("array", itemConfig=TEXT), False),
        (port("array", itemConfig=NUMBER), port("array", itemConfig=TEXT, isSchemaMutable=True), True),
        (port("array", itemConfig=NUMBER), port("array", itemConfig={"type": "any"}), True),
        (port("array"), port("array", itemConfig=NUMBER), False),
        (
            port("array", itemConfig={"type": "array", "itemConfig": NUMBER}),
            port("array", itemConfig=NUMBER),
            False,
        ),
        (port("stream", itemConfig=NUMBER), port("stream", itemConfig=TEXT), False),
        (record(a=NUMBER, b=TEXT), record(a=NUMBER), True),
        (record(a=NUMBER), record(a=NUMBER, b=TEXT), False),
        (record(a=NUMBER), record(a=TEXT), False),
        (record(a=NUMBER), record(mutable=True), True),
        (port("secret", secretType="openai"), port("secret", secretType="anthropic"), True),
        (port("secret", secretType="groq"), port("secret", secretType="anthropic"), False),
        (port("secret", secretType="groq"), port("secret", secretType="groq"), True),
    ],
)
def test_what_is_inside_must_fit_as_well(source: Port, target: Port, fits: bool) -> None:  # noqa: FBT001
    assert may_feed(source, target) is fits
