"""Node types that installed packages add."""

from importlib.metadata import EntryPoint

import pytest

from chaingraph.errors import Rejected
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.nodes.built_in import built_in_node_types
from chaingraph.nodes.installed import GROUP, loaded_packages, with_packages


class Extra(NodeType, title="Extra", category="test", pure=True):
    """Comes from elsewhere."""

    def run(self, scope: Scope) -> None:
        pass


class Other(Extra, title="Other", category="test"):
    """Comes with it."""


class Taken(NodeType, title="Taken", category="test", type_name="SleepNode"):
    """Has the name of another one."""


PAIR = (Extra, Other)
NUMBER = 5
MIXED = (Extra, 5)


def entry_point(name: str, attribute: str) -> EntryPoint:
    return EntryPoint(name, f"{__name__}:{attribute}", GROUP)


def test_an_entry_point_names_one_type_or_several() -> None:
    one, several = loaded_packages([entry_point("a", "Extra"), entry_point("b", "PAIR")])

    assert (one.node_types, several.node_types) == ((Extra,), PAIR)
    known = with_packages(built_in_node_types(), [one, several])
    assert known.get("Extra") is Extra
    assert known.get("SleepNode") is not None


def test_packages_come_in_the_same_order_whatever_order_they_were_found_in() -> None:
    found = [entry_point("b", "PAIR"), entry_point("a", "Extra")]

    assert loaded_packages(found) == loaded_packages(found[::-1])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (f"{__name__}:NUMBER", "is neither a node type nor a tuple of them"),
        (f"{__name__}:MIXED", "is neither a node type nor a tuple of them"),
        (f"{__name__}:Missing", "cannot be loaded: AttributeError"),
        ("no_such_module_anywhere:X", "cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_what_cannot_be_loaded_is_refused_with_its_name(value: str, message: str) -> None:
    with pytest.raises(Rejected, match=message) as refusal:
        loaded_packages([EntryPoint("x", value, GROUP)])

    assert value in refusal.value.message


def test_the_name_of_another_type_is_taken() -> None:
    with pytest.raises(Rejected, match=r"package .*: two node types are named SleepNode"):
        with_packages(built_in_node_types(), loaded_packages([entry_point("x", "Taken")]))
