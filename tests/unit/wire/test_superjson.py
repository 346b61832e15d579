"""Read and written as the npm package `superjson` does: `recorded_superjson.json` holds what it wrote."""

import json
import math
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TypedDict, cast

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.errors import Rejected
from chaingraph.wire.superjson import decode, encode
from chaingraph.wire.values import (
    FORBIDDEN_KEYS,
    MAX_DEPTH,
    UNDEFINED,
    BigInt,
    ErrorValue,
    Json,
    MapValue,
    RegExpValue,
    SetValue,
    UrlValue,
    Value,
)


class Recorded(TypedDict):
    accepted: dict[str, dict[str, Json]]
    refused: dict[str, dict[str, Json]]


RECORDED: Recorded = json.loads((Path(__file__).parent / "recorded_superjson.json").read_text("utf-8"))

AT = datetime(2026, 1, 5, 8, 0, 0, 120_000, UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MEANT: dict[str, Value] = {
    "null": None,
    "true": True,
    "integer": 42,
    "float": 1.5,
    "text": 'héllo "quoted" \\ \u2028',
    "empty object": {},
    "empty array": [],
    "plain": {"a": [1, "x", None, {"b": False}], "c": {}},
    "undefined": UNDEFINED,
    "undefined field": {"flowId": "f", "parent": UNDEFINED, "child": None},
    "undefined in array": [1, UNDEFINED, None],
    "date": AT,
    "date field": {"flowId": "f", "after": AT},
    "dates deep": {"a": {"b": [{"at": AT}, {"at": AT, "till": EPOCH}]}},
    "epoch": EPOCH,
    "before epoch": EPOCH - timedelta(milliseconds=1),
    "error": ErrorValue("Error", "boom"),
    "error field": {"error": ErrorValue("TypeError", "bad type")},
    "error with undefined cause": ErrorValue("Error", "x"),
    "bigint": BigInt(12345678901234567890),
    "negative bigint": {"n": BigInt(-1)},
    "not a number": math.nan,
    "infinities": [math.inf, -math.inf],
    "minus zero": {"z": -0.0},
    "set": SetValue((1, "a", True)),
    "set of objects": {"s": SetValue(({"at": AT}, {"n": math.nan}))},
    "empty set": SetValue(()),
    "map": MapValue((("a", 1), ("b", {"c": 2}))),
    "map with tagged keys and values": {"m": MapValue(((AT, BigInt(1)), ("u", UNDEFINED)))},
    "nested map": MapValue((("inner", MapValue(((1, SetValue((BigInt(2),))),))),)),
    "regexp": RegExpValue("a\\/b[.]\\d+", "gi"),
    "url": {"u": UrlValue("https://example.org/path?q=1#f")},
    "dotted keys": {"a.b": {"c\\d": AT, "e": {"f.g\\h.": UNDEFINED}}, "": AT},
    "numeric keys": {"0": {"1": AT}},
    "same object twice": {"x": {"a": 1}, "y": {"a": 1}},
    "same object twice, tagged": {"x": {"at": AT}, "y": [{"at": AT}]},
    "root array of tagged": [AT, [UNDEFINED, {"n": math.nan}]],
}


def test_every_recorded_value_has_its_meaning_written_here() -> None:
    assert MEANT.keys() == RECORDED["accepted"].keys()


@pytest.mark.parametrize("name", MEANT)
def test_what_superjson_wrote_is_read(name: str) -> None:
    decoded = decode(RECORDED["accepted"][name])

    # By its repr: NaN is unequal to itself, -0.0 equal to 0, True equal to 1.
    assert repr(decoded) == repr(MEANT[name])


@pytest.mark.parametrize("name", sorted(MEANT.keys() - {"error with undefined cause"}))
def test_values_are_written_as_superjson_wrote_them(name: str) -> None:
    written = orjson.loads(encode(MEANT[name]))

    assert written == _without_equalities(RECORDED["accepted"][name])


def _without_equalities(envelope: dict[str, Json]) -> dict[str, Json]:
    """Where one object stands twice, that it is the same one is not kept."""
    meta = cast("dict[str, Json]", envelope.get("meta", {}))
    kept = {key: part for key, part in meta.items() if key != "referentialEqualities"}
    return {"json": envelope["json"], "meta": kept} if "values" in kept else {"json": envelope["json"]}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("deduplicated", "y"),
        ("circular", "self"),
        ("circular deeper", "b.c"),
        ("custom", "node"),
        ("class", "k"),
        ("typed array", "k"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_path(name: str, path: str) -> None:
    with pytest.raises(Rejected) as refusal:
        decode(RECORDED["refused"][name])

    assert [problem.path for problem in refusal.value.problems] == [path]


UNWRITTEN: list[Json] = [
    None,
    "text",
    [],
    {},
    {"meta": {}},
    {"json": 1, "meta": 3},
    {"json": {"a": 1}, "meta": {"values": "Date", "v": 1}},
    {"json": {"a": 1}, "meta": {"values": {"a": "Date"}, "v": 1}},
    {"json": {"a": "x"}, "meta": {"values": {"a": ["Date", 1]}, "v": 1}},
    {"json": {"a": "x"}, "meta": {"values": {"a": ["Date", {}, {}]}, "v": 1}},
    {"json": {"a": "x"}, "meta": {"values": {"b": ["Date"]}, "v": 1}},
    {"json": {"a": []}, "meta": {"values": {"a.0": ["undefined"]}, "v": 1}},
    {"json": {"a": [None]}, "meta": {"values": {"a.00000000000000000000": ["undefined"]}, "v": 1}},
    {"json": {"a": "x"}, "meta": {"values": {"a.b": ["Date"]}, "v": 1}},
    {"json": {"a": "x"}, "meta": {"values": {"\\a": ["Date"]}, "v": 1}},
    {"json": {"a": "x"}, "meta": {"values": {"a\\": ["Date"]}, "v": 1}},
    {"json": {"a": "x"}, "meta": {"values": {"a": [["custom"]]}, "v": 1}},
    {"json": {"a": "x"}, "meta": {"values": {"a": [None]}, "v": 1}},
    {"json": {"a": "x"}, "meta": {"values": {}, "v": "1"}},
    {"json": {"a": "x"}, "meta": {"values": {}, "v": -1}},
    {"json": {"a": 1}, "meta": {"referentialEqualities": {"a": ["b"]}, "v": 1}},
    {"json": {"a": [1]}, "meta": {"referentialEqualities": [["a.1"]], "v": 1}},
]


@pytest.mark.parametrize("envelope", UNWRITTEN)
def test_an_envelope_that_superjson_does_not_write_is_refused(envelope: Json) -> None:
    with pytest.raises(Rejected):
        decode(envelope)


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("undefined", 1),
        ("Date", 5),
        ("Date", "yesterday"),
        ("Date", "+010000-01-01T00:00:00.000Z"),
        ("Date", "0001-01-01T00:00:00+10:00"),
        ("Error", "boom"),
        ("Error", {"name": "Error"}),
        ("bigint", 5),
        ("bigint", "1e5"),
        ("bigint", "9" * 5000),
        ("number", 5),
        ("number", "5"),
        ("set", {}),
        ("map", {}),
        ("map", [["key"]]),
        ("map", ["ab"]),
        ("regexp", "a+"),
        ("regexp", None),
        ("URL", "/relative"),
        ("URL", 1),
    ],
)
def test_a_tag_above_the_wrong_json_is_refused_by_its_path(tag: str, written: Json) -> None:
    with pytest.raises(Rejected) as refusal:
        decode({"json": {"here": [written]}, "meta": {"values": {"here.0": [tag]}, "v": 1}})

    assert [problem.path for problem in refusal.value.problems] == ["here.0"]


@pytest.mark.parametrize("key", sorted(FORBIDDEN_KEYS))
def test_a_key_that_could_overwrite_a_prototype_is_refused(key: str) -> None:
    with pytest.raises(Rejected):
        decode({"json": {"a": {key: 1}}})
    with pytest.raises(Rejected):
        decode({"json": {}, "meta": {"values": {f"a.{key}.b": ["Date"]}, "v": 1}})
    with pytest.raises(Rejected):
        decode({"json": {}, "meta": {"referentialEqualities": {"a": [key]}, "v": 1}})
    with pytest.raises(Rejected):
        encode({key: AT})


def test_paths_of_old_versions_escape_nothing_but_dots() -> None:
    envelope: Json = {"json": {"a.b\\c": "1"}, "meta": {"values": {"a\\.b\\c": ["bigint"]}}}

    assert decode(envelope) == {"a.b\\c": 1}


def _nested(levels: int) -> Json:
    value: Json = None
    for _ in range(levels):
        value = [value]
    return value


def test_the_depth_of_values_is_limited() -> None:
    assert decode({"json": _nested(MAX_DEPTH)}) == _nested(MAX_DEPTH)
    with pytest.raises(Rejected):
        decode({"json": _nested(MAX_DEPTH + 1)})
    with pytest.raises(Rejected):
        encode(_nested(900))


def test_what_was_read_can_be_written_inside_of_an_answer() -> None:
    answer = [{"execution": {"externalEvents": [{"payload": _nested(MAX_DEPTH)}]}}]

    assert orjson.loads(encode(answer)) == {"json": answer}


def test_the_depth_of_tags_is_limited() -> None:
    values: Json = ["Date"]
    for _ in range(900):
        values = {"a": values}

    with pytest.raises(Rejected):
        decode({"json": {}, "meta": {"values": values, "v": 1}})
    with pytest.raises(Rejected):
        decode({"json": {}, "meta": {"values": {"a." * 5000: ["Date"]}, "v": 1}})


def test_deeply_nested_equalities_are_read_without_recursion() -> None:
    assert decode({"json": 1, "meta": {"referentialEqualities": _nested(900), "v": 1}}) == 1


def test_a_time_of_another_zone_is_the_same_instant_in_utc() -> None:
    envelope: Json = {"json": "2026-01-05T10:00:00.120+02:00", "meta": {"values": ["Date"], "v": 1}}

    assert decode(envelope) == AT
    assert encode(AT.astimezone(timezone(timedelta(hours=-5)))) == encode(AT)


def test_a_time_without_zone_is_taken_as_utc() -> None:
    assert decode({"json": "2026-01-05T08:00:00.120", "meta": {"values": ["Date"], "v": 1}}) == AT


def test_an_integer_beyond_64_bits_is_written_as_the_double_that_javascript_reads() -> None:
    assert orjson.loads(encode(2**70)) == {"json": float(2**70)}
    assert encode(2**63 - 1) == b'{"json":9223372036854775807}'


def test_a_python_value_without_javascript_word_is_a_fault_of_ours() -> None:
    with pytest.raises(TypeError):
        encode({"a": object()})


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
keys = st.one_of(texts, st.text(".\\a0", max_size=4)).filter(lambda key: key not in FORBIDDEN_KEYS)
scalars: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=True),
    texts,
    st.just(UNDEFINED),
    st.builds(BigInt, st.integers()),
    st.builds(ErrorValue, texts, texts),
    st.builds(RegExpValue, texts, st.text("gimsuy", max_size=3)),
    st.builds(UrlValue, texts.map(lambda text: f"https://example.org/{text}")),
    st.datetimes(timezones=st.just(UTC)).map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, fold=0)
    ),
)


def _deeper(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.one_of(
        st.lists(values, max_size=4),
        st.dictionaries(keys, values, max_size=4),
        st.lists(values, max_size=3).map(lambda elements: SetValue(tuple(elements))),
        st.lists(st.tuples(values, values), max_size=3).map(lambda entries: MapValue(tuple(entries))),
    )


values_of_every_kind = st.recursive(scalars, _deeper, max_leaves=12)


@given(values_of_every_kind)
def test_what_was_written_is_read_back(value: Value) -> None:
    assert repr(decode(orjson.loads(encode(value)))) == repr(value)


json_of_every_kind: st.SearchStrategy[Json] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.sampled_from(["Date", "set", "a"])),
    lambda children: st.one_of(
        st.lists(children, max_size=3),
        st.dictionaries(
            st.sampled_from(["a", "0", "a.0", "values", "v", "\\", "custom"]), children, max_size=3
        ),
    ),
    max_leaves=10,
)


@given(json_of_every_kind, json_of_every_kind, json_of_every_kind)
def test_no_envelope_raises_anything_but_a_refusal(value: Json, tags: Json, equalities: Json) -> None:
    envelope: Json = {"json": value, "meta": {"values": tags, "referentialEqualities": equalities, "v": 1}}

    with suppress(Rejected):
        decode(envelope)
