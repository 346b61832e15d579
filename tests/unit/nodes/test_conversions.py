"""Values of one type made from values of another."""

import pytest

from chaingraph.errors import Rejected
from tests.node_bodies import ran


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        (" -1.50 ", -1.5),
        ("1e3", 1000),
        (".5", 0.5),
        ("+7", 7),
        (3, 3),
        ("9007199254740993", 2**53),
    ],
)
def test_texts_are_read_as_numbers(text: object, number: float) -> None:
    found = ran("StringToNumberNode", text=text)

    assert (found["number"], found["isNumber"]) == (number, True)


@pytest.mark.parametrize(
    "text", ["", "  ", "abc", "12 apples", "0x10", "1,5", "Infinity", "NaN", "1e999", None, True, [1]]
)
def test_what_is_no_number_fails_or_becomes_the_fallback(text: object) -> None:
    fallen_back = ran("StringToNumberNode", text=text, fallback=-1)

    assert (fallen_back["number"], fallen_back["isNumber"]) == (-1, False)
    with pytest.raises(Rejected, match="is not a number"):
        ran("StringToNumberNode", text=text)


def test_a_long_text_is_shortened_in_the_message() -> None:
    with pytest.raises(Rejected) as refusal:
        ran("StringToNumberNode", text="x" * 10_000)

    assert len(refusal.value.message) < 150


@pytest.mark.parametrize("value", [True, 1, -0.5, "true", " YES ", "On", "y", "1", [0], {"a": None}])
def test_what_is_true(value: object) -> None:
    assert ran("ToBooleanNode", value=value)["result"] is True


@pytest.mark.parametrize("value", [False, 0, 0.0, None, "", " ", "false", "No", "off", "n", "0", [], {}])
def test_what_is_false(value: object) -> None:
    assert ran("ToBooleanNode", value=value)["result"] is False


@pytest.mark.parametrize("text", ["maybe", "2", "truee"])
def test_a_text_that_is_neither_is_refused(text: str) -> None:
    with pytest.raises(Rejected, match=f'"{text}" is neither true nor false'):
        ran("ToBooleanNode", value=text)


def test_booleans_are_written() -> None:
    assert ran("BooleanToStringNode", boolean=True)["text"] == "true"
    assert ran("BooleanToStringNode", boolean=False, textIfFalse="never")["text"] == "never"
    assert ran("BooleanToNumberNode", boolean=True)["number"] == 1
    assert ran("BooleanToNumberNode", boolean=False)["number"] == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (1.0, "1"),
        (True, "true"),
        (None, ""),
        ([1, "a", None], '[1,"a",null]'),
        ({"a": [1]}, '{"a":[1]}'),
    ],
)
def test_everything_can_be_a_text(value: object, text: str) -> None:
    assert ran("ToStringNode", value=value)["text"] == text
