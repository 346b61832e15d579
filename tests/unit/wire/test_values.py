import math
from datetime import UTC, datetime

import pytest

from chaingraph.wire.values import (
    UNDEFINED,
    BigInt,
    ErrorValue,
    Json,
    MapValue,
    RegExpValue,
    SetValue,
    UrlValue,
    Value,
    plain_json,
)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"a": UNDEFINED, "b": None}, {"b": None}),
        ([UNDEFINED, math.nan, -math.inf, 1.5, True], [None, None, None, 1.5, True]),
        (datetime(2026, 1, 5, 8, tzinfo=UTC), "2026-01-05T08:00:00.000Z"),
        (BigInt(2**80), str(2**80)),
        (ErrorValue("Error", "boom"), {"name": "Error", "message": "boom"}),
        (RegExpValue("a+", "g"), "/a+/g"),
        (UrlValue("https://example.org/"), "https://example.org/"),
        (SetValue((1, UNDEFINED)), [1, None]),
        (MapValue((("a", BigInt(1)),)), [["a", "1"]]),
    ],
)
def test_where_only_json_can_be_kept_little_is_lost(value: Value, kept: Json) -> None:
    assert plain_json(value) == kept
