"""Arrays filtered by queries."""

import pytest

from chaingraph.errors import Rejected
from chaingraph.nodes.lucene_query import matcher
from tests.node_bodies import ran

ELEMENTS: list[object] = [
    {"id": 1, "name": "Ann Lee", "age": 33, "home": {"city": "New York"}, "tags": ["red", "blue"]},
    {"id": 2, "name": "Bob", "age": 20, "home": {"city": "Oslo"}, "tags": []},
    {"id": 3, "name": "Cy", "age": None, "items": [{"sku": "A-1"}, {"sku": "B-2"}]},
]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [1, 2, 3]),
        ("ann", [1]),
        ("name:ANN", [1]),
        ('name:"ann l"', [1]),
        ("name:ann name:bob", [1, 2]),
        ("name:ann AND name:lee", [1]),
        ("name:ann && NOT name:lee", []),
        ("name:ann || name:cy", [1, 3]),
        ("name:(ann OR cy)", [1, 3]),
        ("NOT name:ann", [2, 3]),
        ("-name:ann", [2, 3]),
        ("bob -oslo", []),
        ("+red ann", [1]),
        ("name:b*", [2]),
        ("name:?y", [3]),
        ("name:*e", [1]),
        ("age:20", [2]),
        ("age:>=20", [1, 2]),
        ("age:<33", [2]),
        ("age:[20 TO 33]", [1, 2]),
        ("age:[20 TO 33}", [2]),
        ("age:{20 TO *]", [1]),
        ("home.city:oslo", [2]),
        ("items.sku:B-2", [3]),
        ("tags:red", [1]),
        ("_exists_:age", [1, 2]),
        ("age:*", [1, 2]),
        ("name:bob~2 OR name:cy^3", [2, 3]),
        ("nothing:here", []),
        ("!(name:ann OR name:bob)", [3]),
    ],
)
def test_queries(query: str, ids: list[int]) -> None:
    found = ran("FilterArrayLuceneNode", inputArray=ELEMENTS, query=query)["filteredArray"]

    assert [element["id"] for element in found] == ids


@pytest.mark.parametrize(
    "query", ["(a", "a)", "name:", "a AND", "AND", "()", '"open', "+", "(" * 60 + "a" + ")" * 60, "x" * 6000]
)
def test_queries_that_are_malformed(query: str) -> None:
    with pytest.raises(Rejected, match="Invalid query"):
        matcher(query)


def test_only_an_array_is_filtered() -> None:
    with pytest.raises(Rejected, match="must be an array"):
        ran("FilterArrayLuceneNode", inputArray={"a": 1}, query="a")
