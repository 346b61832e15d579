"""Numbers and texts as JavaScript has them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.graph.texts import number_text, text_number, tidy, utf16_length, well_formed


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (-0.5, "-0.5"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (123456789012345680000, "123456789012345680000"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (-1.25e25, "-1.25e+25"),
        (0.1 + 0.2, "0.30000000000000004"),
        (5e-324, "5e-324"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (math.nan, "NaN"),
        (10**400, "Infinity"),
    ],
)
def test_numbers_as_text(number: float, text: str) -> None:
    assert number_text(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_text_of_a_number_is_that_number(number: float) -> None:
    assert text_number(number_text(number)) == number


@pytest.mark.parametrize("text", ["", " ", "x", "1x", "1 2", "--1", "0x10", "1e999", "Infinity", "9" * 500])
def test_what_is_no_number(text: str) -> None:
    assert text_number(text) is None


def test_a_whole_number_is_an_int_as_long_as_it_is_exact() -> None:
    assert (tidy(3.0), type(tidy(3.0))) == (3, int)
    assert type(tidy(2.0**60)) is float
    assert type(tidy(2**60)) is float
    assert tidy(2.5) == 2.5


@given(st.text())
def test_a_text_that_utf8_can_hold_stays_as_it_is(text: str) -> None:
    assert well_formed(text) == text


@given(st.text(st.characters(categories=["Cs", "Ll"])))
def test_any_text_can_be_encoded_once_it_is_well_formed(text: str) -> None:
    formed = well_formed(text)

    assert formed.encode().decode() == formed


def test_halves_of_a_character_are_put_together_and_a_lone_one_is_replaced() -> None:
    assert well_formed("a\ud83d\ude00b") == "a😀b"
    assert well_formed("a\ud83db") == "a\ufffdb"


def test_a_text_is_as_long_as_its_code_units() -> None:
    assert (utf16_length("abc"), utf16_length("é"), utf16_length("😀x")) == (3, 1, 3)
