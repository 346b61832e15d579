"""Values, truth, branches, waits, logs."""

import pytest

from chaingraph.errors import Rejected
from tests.node_bodies import FakeScope, ran


@pytest.mark.parametrize(
    ("type_name", "key", "value"),
    [
        ("NumberNode", "num", 2),
        ("TextNode", "text", "a"),
        ("BooleanNode", "flag", True),
        ("ObjectNode", "object", {"a": 1}),
        ("ArrayNode", "array", [1]),
        ("MarkdownTextNode", "text", "# a"),
        ("HTMLPreviewNode", "html", "<b>"),
        ("GateNodeV2", "gate", {"gate-input-1": 5}),
    ],
)
def test_a_value_is_forwarded(type_name: str, key: str, value: object) -> None:
    assert ran(type_name, **{key: value})[key] == value


def test_a_group_does_nothing_by_itself() -> None:
    assert ran("GroupNode") == {}


@pytest.mark.parametrize(("x", "y"), [(False, False), (False, True), (True, False), (True, True)])
def test_truth(x: bool, y: bool) -> None:  # noqa: FBT001
    assert ran("AndNode", inputX=x, inputY=y)["result"] is (x and y)
    assert ran("OrNode", inputX=x, inputY=y)["result"] is (x or y)
    assert ran("NotNode", input=x)["result"] is (not x)


@pytest.mark.parametrize(
    ("operator", "left", "right", "result"),
    [
        ("equals", None, None, True),
        ("equals", None, 0, False),
        ("equals", "", 0, True),
        ("equals", True, "1", True),
        ("equals", "0x10", 16, True),
        ("equals", [5], 5, True),
        ("equals", "a", "a", True),
        ("equals", {"a": 1}, {"a": 1}, False),
        ("equals", "Infinity", "Infinity", True),
        ("notEquals", "a", "b", True),
        ("greaterThan", "10", 9, True),
        ("greaterThan", "b", "a", True),
        ("lessThan", "\uffee", "😀", False),
        ("lessThan", 1, 2, True),
        ("greaterThanOrEquals", 2, 2, True),
        ("lessThanOrEquals", "a", "b", True),
        ("contains", "hello", "ell", True),
        ("contains", [1, 2], "1,2", True),
        ("contains", {}, "object", True),
        ("notContains", None, "x", True),
        ("startsWith", 123, 12, True),
        ("endsWith", False, "se", True),
        ("noSuchOperator", 1, 1, False),
        (None, 1, 1, False),
    ],
)
def test_branches(operator: str | None, left: object, right: object, result: bool) -> None:  # noqa: FBT001
    assert ran("BranchNode", leftValue=left, operator=operator, rightValue=right)["result"] is result


def test_a_switch_has_one_field_for_each_case() -> None:
    scope = FakeScope(configs={"caseObject": {"schema": {"properties": {"red": {}, "blue": {}}}}})

    matched = ran("SwitchNode", scope, input="blue")
    other = ran("SwitchNode", scope, input="green")

    assert (matched["caseObject"], matched["default"]) == ({"red": False, "blue": True}, False)
    assert (other["caseObject"], other["default"]) == ({"red": False, "blue": False}, True)


def test_the_older_gate_copies_its_object() -> None:
    given = {"a": [1]}

    passed = ran("GateNode", inputObject=given)["outputObject"]

    assert passed == given
    assert passed["a"] is not given["a"]


def test_a_sleep_lasts_as_long_as_it_says() -> None:
    scope = FakeScope()

    assert ran("SleepNode", scope, duration=1500)["actualDuration"] == 1500
    assert scope.slept == [1.5]


@pytest.mark.parametrize(("type_name", "port"), [("SleepNode", "duration"), ("WaitForStream", "timeout")])
def test_a_wait_that_nobody_would_see_the_end_of_is_refused(type_name: str, port: str) -> None:
    with pytest.raises(Rejected, match="cannot be longer than 100 years"):
        ran(type_name, **{port: 1e16})


def test_a_root_execution_has_no_parent() -> None:
    assert ran("IsRootExecutionNode")["isRoot"] is True
    assert ran("IsRootExecutionNode", FakeScope(parent_execution_id="EXup", depth=1))["isRoot"] is False


def test_a_message_is_logged() -> None:
    scope = FakeScope()

    ran("DebugLogNode", scope, message="hi")
    ran("DebugLogNode", scope, message=3)

    assert scope.logged == ["hi", "3"]
