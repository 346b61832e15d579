from typing import cast

import orjson
import pytest

from chaingraph.wire.oversize import with_references
from chaingraph.wire.values import Json

HREF = "/v1/executions/EX1/events?after=6&limit=1"


def _shortened(json: Json, max_bytes: int) -> dict[str, Json]:
    envelope = orjson.dumps({"json": json, "meta": {"values": {"node": [["custom", "BaseNode"]]}, "v": 1}})
    shortened = with_references(envelope, HREF, max_bytes=max_bytes)
    assert len(shortened) <= max_bytes
    return orjson.loads(shortened)


def _reference(value: Json) -> Json:
    return {"$reference": {"href": HREF, "bytes": len(orjson.dumps(value))}}


def test_an_event_that_fits_is_not_touched() -> None:
    envelope = b'{"json": {"nodeId": "n"} }'

    assert with_references(envelope, HREF, max_bytes=len(envelope)) is envelope


def test_the_largest_values_of_a_node_become_references_and_the_rest_stays() -> None:
    large: Json = {"text": "x" * 2000}
    ports: list[Json] = [
        {"config": {"id": "large"}, "value": large},
        {"config": {"id": "small"}, "value": "y" * 100},
        {"config": {"id": "none"}},
    ]

    shortened = _shortened({"node": {"id": "n", "ports": ports}, "executionTime": 3}, 1000)

    assert shortened == {
        "json": {
            "node": {
                "id": "n",
                "ports": [{"config": {"id": "large"}, "value": _reference(large)}, *ports[1:]],
            },
            "executionTime": 3,
        },
        "meta": {"values": {"node": [["custom", "BaseNode"]]}, "v": 1},
    }


BUFFER: list[Json] = ["x" * 2000]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 2000, HREF),
        (BUFFER, [_reference(BUFFER)]),
        ({"a": "x" * 2000}, _reference({"a": "x" * 2000})),
        (
            {"type": "stream", "buffer": BUFFER, "isClosed": True},
            {
                "type": "stream",
                "buffer": [_reference({"type": "stream", "buffer": BUFFER, "isClosed": True})],
                "isClosed": True,
            },
        ),
    ],
)
def test_a_reference_has_the_type_of_what_it_stands_for(value: Json, shown: Json) -> None:
    shortened = _shortened({"nodeId": "n", "values": {"a": value, "b": 1}}, 600)

    assert cast("dict[str, Json]", shortened["json"])["values"] == {"a": shown, "b": 1}


@pytest.mark.parametrize(
    "json",
    [
        {"nodeId": "n", "log": "x" * 2000},
        {"error": {"name": "Error", "message": "x" * 2000}, "executionTime": 1},
        {"childExecutionId": "EX2", "eventName": "e", "eventData": {"a": "x" * 2000}},
        {"flowMetadata": {"id": "f", "description": "x" * 2000}},
        {"serializedEdge": {"id": "e", "metadata": {"label": "x" * 2000}}},
        {"node": {"id": "n", "type": "T", "metadata": {"type": "T", "description": "x" * 2000}}},
        {"node": {"id": "n", "ports": [{"config": {"id": "a", "options": ["x" * 2000]}}]}},
        {"node": {"id": "n", "systemPorts": {"errorMessage": {"id": "__errorMessage", "value": "x" * 2000}}}},
    ],
)
def test_whatever_makes_an_event_large_can_be_referred_to(json: Json) -> None:
    shortened = cast("dict[str, Json]", _shortened(json, 600)["json"])

    assert shortened.keys() == cast("dict[str, Json]", json).keys()


def test_many_values_together_are_replaced_until_the_rest_fits() -> None:
    values: dict[str, Json] = {f"port{number}": "x" * (300 + number) for number in range(20)}

    shortened = cast(
        "dict[str, dict[str, Json]]", _shortened({"nodeId": "n", "values": values}, 5000)["json"]
    )

    kept = [name for name, value in shortened["values"].items() if value == values[name]]
    assert kept == [f"port{number}" for number in range(len(kept))]
    assert kept
