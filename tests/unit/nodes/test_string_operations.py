"""Texts made from texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.errors import Rejected
from chaingraph.graph.texts import utf16_length
from chaingraph.nodes.string_operations import BLANKS, MAX_LENGTH
from tests.node_bodies import ran


def test_texts_are_put_together() -> None:
    assert ran("StringConcatNode", a="one", b="two")["result"] == "onetwo"
    assert ran("StringConcatNode", a="one", b=2, separator="-")["result"] == "one-2"
    assert ran("StringConcatNode", a=None, b=None)["result"] == ""


def test_arrays_of_texts_are_joined() -> None:
    assert ran("StringJoinNode", texts=["a", 1, None, True])["result"] == "a, 1, , true"
    assert ran("StringJoinNode", texts=[], separator="x")["result"] == ""
    assert ran("StringJoinNode", texts="no array")["result"] == ""


@pytest.mark.parametrize(
    ("text", "given_values", "parts"),
    [
        ("a,b,,c", {}, ["a", "b", "", "c"]),
        ("a,b,,c", {"skipEmpty": True}, ["a", "b", "c"]),
        ("a,b,c", {"limit": 2}, ["a", "b,c"]),
        ("a,b,c", {"limit": 1}, ["a,b,c"]),
        ("a,b,c", {"limit": -5}, ["a", "b", "c"]),
        ("ab😀", {"separator": ""}, ["a", "b", "😀"]),
        ("abc", {"separator": "", "limit": 2}, ["a", "bc"]),
        ("a -- b", {"separator": " -- "}, ["a", "b"]),
        ("", {}, [""]),
        ("", {"separator": ""}, []),
        (12.5, {"separator": "."}, ["12", "5"]),
    ],
)
def test_texts_are_split(text: object, given_values: dict[str, object], parts: list[str]) -> None:
    assert ran("StringSplitNode", text=text, **given_values)["parts"] == parts


@given(st.lists(st.text(alphabet="ab", max_size=3), min_size=1, max_size=6))
def test_what_is_joined_can_be_split_again(texts: list[str]) -> None:
    together = ran("StringJoinNode", texts=texts, separator="|")["result"]

    assert ran("StringSplitNode", text=together, separator="|")["parts"] == texts


def test_texts_are_replaced() -> None:
    everywhere = ran("StringReplaceNode", text="a.b.c", search=".", replacement="--")
    once = ran("StringReplaceNode", text="a.b.c", search=".", occurrences="first")
    nowhere = ran("StringReplaceNode", text="abc", search="x", replacement="y")

    assert (everywhere["result"], everywhere["count"]) == ("a--b--c", 2)
    assert (once["result"], once["count"]) == ("ab.c", 1)
    assert (nowhere["result"], nowhere["count"]) == ("abc", 0)


def test_nothing_cannot_be_searched_for() -> None:
    with pytest.raises(Rejected, match="search for is required"):
        ran("StringReplaceNode", text="abc", search="")


@pytest.mark.parametrize(
    ("case", "result"),
    [
        ("upper", "THEY'RE ÉCLAIRS  OK"),
        ("lower", "they're éclairs  ok"),
        ("capitalized", "They're éclairs  OK"),
        ("title", "They're Éclairs  OK"),
    ],
)
def test_cases(case: str, result: str) -> None:
    assert ran("StringCaseNode", text="they're éclairs  OK", case=case)["result"] == result


@pytest.mark.parametrize(
    ("sides", "characters", "result"),
    [
        ("both", "", "x y"),
        ("start", "", "x y\n "),
        ("end", "", "\u00a0\t x y"),
        ("both", " \n\u00a0", "\t x y"),
        (None, "", None),
    ],
)
def test_ends_are_trimmed(sides: str | None, characters: str, result: str | None) -> None:
    values = {"text": "\u00a0\t x y\n ", "characters": characters, "sides": sides}

    if result is None:
        with pytest.raises(Rejected, match="Unknown side: null"):
            ran("StringTrimNode", **values)
    else:
        assert ran("StringTrimNode", **values)["result"] == result


def test_a_text_of_nothing_but_blanks_is_trimmed_to_nothing() -> None:
    assert ran("StringTrimNode", text=BLANKS)["result"] == ""


@pytest.mark.parametrize(
    ("text", "start", "end", "result"),
    [
        ("hello", 1, 3, "el"),
        ("hello", 1, -1, "ello"),
        ("hello", -3, -1, "llo"),
        ("hallo", 0, -2, "hal"),
        ("hello", 3, 1, ""),
        ("hello", 9, 12, ""),
        ("a😀b", 0, 3, "a😀"),
        ("a😀b", 0, 2, "a"),
        ("a😀b", 2, -1, "b"),
        ("a😀b", 3, 1, ""),
        (None, 0, 2, ""),
    ],
)
def test_parts_of_texts(text: object, start: int, end: int, result: str) -> None:
    assert ran("SubstringNode", text=text, start=start, end=end)["result"] == result


@given(st.text(max_size=12), st.integers(-15, 15), st.integers(-15, 15))
def test_a_part_can_always_be_stored(text: str, start: int, end: int) -> None:
    part = ran("SubstringNode", text=text, start=start, end=end)["result"]

    assert part.encode().decode() in text


@pytest.mark.parametrize(
    ("text", "values", "result"),
    [
        (7, {"length": 3, "filling": "0"}, "007"),
        ("ab", {"length": 5, "filling": "xyz", "side": "end"}, "abxyz"),
        ("ab", {"length": 7, "filling": "xyz"}, "xyzxyab"),
        ("abc", {"length": 2}, "abc"),
        ("a", {"length": 3, "filling": ""}, "a"),
        ("a", {"length": 4, "filling": "😀"}, "😀a"),
        ("😀", {"length": 3}, " 😀"),
    ],
)
def test_texts_are_filled_up(text: object, values: dict[str, object], result: str) -> None:
    assert ran("StringPadNode", text=text, **values)["result"] == result


@given(st.text(max_size=5), st.text(alphabet="ab-", min_size=1, max_size=3), st.integers(0, 20))
def test_a_filled_text_is_as_long_as_wanted(text: str, filling: str, length: int) -> None:
    filled = ran("StringPadNode", text=text, filling=filling, length=length)["result"]

    assert utf16_length(filled) == max(length, utf16_length(text))


@pytest.mark.parametrize(
    ("type_name", "values"),
    [
        ("StringPadNode", {"text": "a", "length": 10**12}),
        ("StringReplaceNode", {"text": "a" * 10_000, "search": "a", "replacement": "b" * 10_000}),
        ("StringJoinNode", {"texts": ["", ""] * 10, "separator": "x" * MAX_LENGTH}),
        ("StringConcatNode", {"a": "a" * MAX_LENGTH, "b": "b"}),
    ],
)
def test_what_would_get_too_long_is_refused(type_name: str, values: dict[str, object]) -> None:
    with pytest.raises(Rejected, match="at most 5000000 are possible"):
        ran(type_name, **values)


@pytest.mark.parametrize(
    ("type_name", "values"),
    [
        ("StringReplaceNode", {"text": "a", "search": "a", "occurrences": "some"}),
        ("StringCaseNode", {"case": "camel"}),
        ("StringTrimNode", {"sides": "middle"}),
        ("StringPadNode", {"side": "both"}),
    ],
)
def test_an_option_that_does_not_exist_is_refused(type_name: str, values: dict[str, object]) -> None:
    with pytest.raises(Rejected, match="Unknown"):
        ran(type_name, **values)
