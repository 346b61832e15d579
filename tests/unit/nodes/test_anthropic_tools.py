"""What nodes make of messages, tools and settings of a conversation."""

import pytest

from chaingraph.errors import Rejected
from chaingraph.nodes.anthropic_chat import messages_of, thinking_budget
from chaingraph.nodes.anthropic_tools import tool_name
from tests.node_bodies import ran

NOTHING: dict[str, object] = {}
NO_NAMES: list[str] = []


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ([{"name": "a"}, None, [{"name": "b"}]], ["a", "b"]),
        ({"first": {"name": "a"}, "second": [{"name": "b"}]}, ["a", "b"]),
        ({"name": "a"}, ["a"]),
        ([NOTHING, "no tool", 5], NO_NAMES),
    ],
)
@pytest.mark.parametrize("collector", ["AntropicToolCollectorNode", "ToolsCollectionNode"])
def test_tools_are_collected_however_they_come(collector: str, given: object, names: list[str]) -> None:
    values = ran(collector, toolsInput=given, toolsInput2=[{"name": "z"}])

    assert [tool["name"] for tool in values["tools"]] == [*names, "z"]


@pytest.mark.parametrize(
    ("messages", "sent"),
    [
        ("Hello", None),
        ([], None),
        ([{"role": "system", "content": "x"}], None),
        ([{"role": "user", "content": ""}], None),
        ({"role": "user", "content": "Hi"}, [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]),
        (
            [{"role": "user", "content": [{"type": "image"}, "and"]}, {"role": "assistant", "content": "Hm"}],
            [
                {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "and"}]},
                {"role": "assistant", "content": [{"type": "text", "text": "Hm"}]},
            ],
        ),
    ],
)
def test_messages_have_the_form_of_the_api(messages: object, sent: list[object] | None) -> None:
    if sent is None:
        with pytest.raises(Rejected, match="message"):
            messages_of(messages)
    else:
        assert list(messages_of(messages)) == sent


@pytest.mark.parametrize(
    ("thinking", "budget"),
    [
        (None, None),
        ({"enabled": False, "budget_tokens": 2000}, None),
        (True, 4096),
        ({"enabled": True}, 4096),
        ({"type": "enabled", "budget_tokens": 2000}, 2000),
        ({"type": "adaptive"}, 4096),
    ],
)
def test_how_a_model_may_be_told_to_think(thinking: object, budget: int | None) -> None:
    assert thinking_budget(thinking) == budget


@pytest.mark.parametrize(
    ("title", "name"), [("Add up!", "add_up"), ("", "tool"), ("ä" * 9, "tool"), ("x" * 99, "x" * 64)]
)
def test_the_name_of_a_tool(title: str, name: str) -> None:
    assert tool_name(title) == name
