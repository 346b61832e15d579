"""Texts."""

import pytest

from chaingraph.errors import Rejected
from tests.node_bodies import ran


@pytest.mark.parametrize(
    ("number", "places", "exponential", "text"),
    [
        (0, -1, False, "0"),
        (1e21, 2, False, "1000000000000000000000.00"),
        (1.005, 2, False, "1.01"),
        (-0.4, 0, False, "-0"),
        (12345, -1, True, "1.2345e+4"),
        (12345, 2, True, "1.23e+4"),
        (99999, 1, True, "1.0e+5"),
        (0, 2, True, "0.00e+0"),
        (-1.5e-10, 0, True, "-2e-10"),
        (7, 1000, False, "7." + "0" * 1000),
    ],
)
def test_numbers_are_written(number: float, places: int, exponential: bool, text: str) -> None:  # noqa: FBT001
    found = ran("NumberToStringNode", number=number, decimalPlaces=places, exponential=exponential)

    assert found["text"] == text


@pytest.mark.parametrize("number", [None, "12", True])
def test_what_is_no_number_is_not_written(number: object) -> None:
    with pytest.raises(Rejected, match="Number is required"):
        ran("NumberToStringNode", number=number)


def test_more_digits_than_anybody_reads_are_refused() -> None:
    with pytest.raises(Rejected, match="At most 1000"):
        ran("NumberToStringNode", number=1, decimalPlaces=10**9)


@pytest.mark.parametrize(("text", "length"), [("", 0), ("abc", 3), ("😀", 2), (None, 0), (12, 2)])
def test_lengths(text: object, length: int) -> None:
    assert ran("StringLengthNode", text=text)["length"] == length


@pytest.mark.parametrize(
    ("source", "wanted", "result"),
    [
        ("Hello World", "WORLD", True),
        ("abc", "x", False),
        ("abc", "", True),
        ("", "", False),
        ("", "a", False),
    ],
)
def test_searches(source: str, wanted: str, result: bool) -> None:  # noqa: FBT001
    assert ran("TextSearchNode", sourceText=source, searchText=wanted)["result"] is result
