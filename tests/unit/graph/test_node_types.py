"""Node types, their declared ports, and what an editor gets to see of them."""

import types
from typing import Any

import pytest

from chaingraph.errors import Rejected
from chaingraph.graph.catalogue import catalogue, new_node_document
from chaingraph.graph.declarations import Input, Output, Passthrough
from chaingraph.graph.document import load_flow
from chaingraph.graph.kinds import any_value, array, boolean, enum, number, record, secret, stream, string
from chaingraph.graph.node_types import NodeType, NodeTypes, Scope
from chaingraph.graph.streams import is_stream
from chaingraph.ids import PortId
from chaingraph.nodes.built_in import built_in_node_types
from tests.flow_documents import flow


class Everything(NodeType, title="Everything", category="test", tags=("one",), runs_by_itself=False):
    """Has a port of every kind.

    And says so.
    """

    first_name = Input(string(max_length=3), title="Name", required=True, ui={"isTextArea": True})
    share = Input(number(default=0.5, minimum=0, maximum=1, step=0.1))
    count = Passthrough(number(default=None, integer=True), key="n")
    is_open = Passthrough(boolean(default=True))
    color = Input(enum({"red": "Red", "blue": "Blue"}, default="red"))
    tags_found = Output(array(string(), default=["x"]))
    options = Input(record({"depth": number(default=2), "key": secret("openai")}))
    feed = Output(stream(string()))
    anything = Input(any_value(), description="Whatever")

    def run(self, scope: Scope) -> None:
        pass


class Hidden(NodeType, title="Hidden", category="other", hidden=True):
    def run(self, scope: Scope) -> None:
        pass


TYPES = NodeTypes.of(Everything, Hidden)


def test_a_body_reads_the_values_of_its_ports() -> None:
    node = Everything({PortId("firstName"): "Ann", PortId("n"): 7, PortId("anything"): None})

    assert (node.first_name, node.count, node.anything) == ("Ann", 7, None)


def test_a_body_reads_the_declared_default_where_there_is_no_value() -> None:
    node = Everything({})

    assert (node.first_name, node.share, node.count, node.is_open, node.color) == ("", 0.5, None, True, "red")
    assert (node.tags_found, node.options, node.anything) == (["x"], {"depth": 2}, None)
    assert node.values == {}


def test_a_default_is_not_shared_between_nodes() -> None:
    Everything({}).tags_found.append("y")
    Everything({}).options["depth"] = 9

    assert Everything({}).tags_found == ["x"]
    assert Everything({}).options == {"depth": 2}


def test_what_a_body_assigns_is_the_value_of_the_port() -> None:
    node = Everything({})

    node.tags_found = ["a"]

    assert node.values == {"tagsFound": ["a"]}


def test_a_stream_that_a_body_reads_is_the_one_that_others_get() -> None:
    node = Everything({})

    node.feed.send("one")

    stream_value = node.values[PortId("feed")]
    assert is_stream(stream_value)
    assert stream_value.buffer == ["one"]
    assert node.feed is stream_value


def test_ports_are_inherited_and_can_be_declared_again() -> None:
    class More(Everything, title="More", category="test", type_name="MoreNode"):
        share = Input(number(default=2))
        extra = Output(boolean())

        def run(self, scope: Scope) -> None:
            pass

    assert More.type_name == "MoreNode"
    assert list(More.declared_ports) == [*Everything.declared_ports, "extra"]
    assert More({}).share == 2


@pytest.mark.parametrize(
    "name", ["values", "title", "category", "tags", "hidden", "pure", "type_name", "run"]
)
def test_a_port_cannot_hide_what_every_node_has(name: str) -> None:
    with pytest.raises(Rejected, match=f"{name} is taken"):
        types.new_class(
            "Wrong",
            (NodeType,),
            {"title": "Wrong", "category": "test"},
            lambda attributes: attributes.update({name: Output(any_value())}),
        )


def test_a_name_is_known_once() -> None:
    class Other(NodeType, title="Other", category="test", type_name="Everything"):
        pass

    with pytest.raises(Rejected, match="two node types are named Everything"):
        TYPES.merged(NodeTypes.of(Other))
    assert list(TYPES.merged(TYPES)) == [Everything, Hidden]


def test_the_catalogue_describes_what_may_be_added() -> None:
    (category,) = catalogue(TYPES)

    (entry,) = entries_of(category)
    metadata = entry["metadata"]
    assert entry["type"] == "Everything"
    assert metadata["description"] == "Has a port of every kind.\n\nAnd says so."
    assert (metadata["title"], metadata["tags"]) == ("Everything", ["one"])
    assert metadata["flowPorts"] == {"disabledAutoExecution": True}
    assert metadata["portsConfig"]["firstName"] == {
        "id": "firstName",
        "key": "firstName",
        "direction": "input",
        "order": 1,
        "title": "Name",
        "required": True,
        "ui": {"isTextArea": True},
        "type": "string",
        "defaultValue": "",
        "maxLength": 3,
    }
    assert list(metadata["portsConfig"]) == list(Everything.declared_ports)


def test_categories_come_in_their_order() -> None:
    names = [category["category"] for category in map(as_record, catalogue(built_in_node_types()))]

    assert names == [
        "basic-values",
        "flow",
        "math",
        "data",
        "transforms",
        "utilities",
        "group",
        "ai",
        "anthropic",
        "mcp",
        "secret",
    ]


def test_a_new_node_loads_with_its_defaults() -> None:
    loaded = load_flow(flow([new_node_document(Everything, "e")]), TYPES)

    (node,) = loaded.nodes
    assert node.values[PortId("options")] == {"depth": 2}
    assert node.values[PortId("share")] == 0.5
    assert PortId("n") not in node.values
    assert node.runs_by_itself is False


def test_whoever_edits_a_new_node_does_not_edit_its_type() -> None:
    document: Any = new_node_document(Everything, "e")
    document["ports"][6]["config"]["schema"]["properties"].clear()
    document["ports"][5]["value"].append("y")

    assert new_node_document(Everything, "e") != document
    assert Everything({}).tags_found == ["x"]


@pytest.mark.parametrize(
    "definition", list(built_in_node_types()), ids=lambda definition: definition.type_name
)
def test_every_built_in_type_is_described_and_can_be_added(definition: type[NodeType]) -> None:
    loaded = load_flow(flow([new_node_document(definition, "n")]), built_in_node_types())

    assert definition.__doc__
    assert list(loaded.nodes[0].ports) == list(definition.declared_ports)


def test_exactly_the_nodes_with_an_effect_outside_are_not_pure() -> None:
    impure = {definition.type_name for definition in built_in_node_types() if not definition.pure}

    assert impure == {
        "AntropicLLMCallNode",
        "HttpRequestNode",
        "LLMCallNode",
        "LLMCallWithStructuredOutputNode",
        "LLMCallWithStructuredOutputNodeV2",
        "MCPPromptGetNode",
        "MCPResourceReadNode",
        "MCPToolCallNode",
    }


def as_record(value: object) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value  # pyright: ignore[reportUnknownVariableType]


def entries_of(category: object) -> list[dict[str, Any]]:
    return as_record(category)["nodes"]
