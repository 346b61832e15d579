"""A document is stored once, and what is stored is never changed."""

from asyncio import to_thread
from typing import Any

import orjson
import pytest

from chaingraph.cli.api import Api
from chaingraph.cli.endpoint import Endpoint
from chaingraph.cli.stored_flows import store_flow
from chaingraph.errors import Rejected
from tests.unit.cli.stand_in import StandIn, serving, token_of

pytestmark = pytest.mark.anyio

DOCUMENT: dict[str, Any] = {"metadata": {"name": "a"}, "nodes": [], "edges": []}


async def test_the_same_document_is_stored_once() -> None:
    system = StandIn()

    ids = await stored(system, [DOCUMENT, dict(reversed(DOCUMENT.items()))])

    assert ids == [*system.flows] * 2


async def test_another_document_is_another_flow() -> None:
    system = StandIn()

    await stored(system, [DOCUMENT, {**DOCUMENT, "metadata": {"name": "b"}}])

    assert len(system.flows) == 2


async def test_the_same_document_of_another_user_is_another_flow() -> None:
    system = StandIn()

    await stored(system, [DOCUMENT])
    await stored(system, [DOCUMENT], user="bob")

    assert len(system.flows) == 2


async def test_a_document_keeps_its_own_id() -> None:
    system = StandIn()

    ids = await stored(system, [{"id": "V2mine", **DOCUMENT}] * 2)

    assert ids == ["V2mine", "V2mine"]
    assert [*system.flows] == ["V2mine"]


async def test_a_flow_that_is_stored_with_other_content_stays_as_it_is() -> None:
    system = StandIn()
    first, second = {"id": "V2mine", **DOCUMENT}, {"id": "V2mine", **DOCUMENT, "edges": [1]}

    ids = await stored(system, [first, second, second])

    assert ids[0] == "V2mine"
    assert ids[1] == ids[2] != "V2mine"
    assert system.flows["V2mine"]["document"]["edges"] == []


async def test_a_flow_of_somebody_else_is_not_touched() -> None:
    system = StandIn()
    system.flows["V2theirs"] = {"document": DOCUMENT}
    system.refuse("flows/V2theirs", 403, "FORBIDDEN", "not yours")

    ids = await stored(system, [{"id": "V2theirs", **DOCUMENT}])

    assert ids != ["V2theirs"]
    assert system.flows["V2theirs"] == {"document": DOCUMENT}


async def test_when_even_the_id_of_the_content_is_taken_the_system_chooses_one() -> None:
    system = StandIn()
    (made,) = await stored(system, [DOCUMENT])
    system.flows[made]["document"]["edges"] = ["changed since"]

    (fresh,) = await stored(system, [DOCUMENT])

    assert fresh == "fresh1"


@pytest.mark.parametrize("document", [b"{", b"[]", b""])
async def test_what_is_no_document_is_refused_before_anything_is_asked(document: bytes) -> None:
    system = StandIn()

    async with serving(system) as endpoint:
        with pytest.raises(Rejected, match="flow document"):
            await to_thread(store_flow, document, Api(endpoint))

    assert system.asked == []


@pytest.mark.parametrize("token", ["abc", "a.!!!.c", "a.YQ.c"])
async def test_a_token_that_says_nothing_is_refused(token: str) -> None:
    async with serving(StandIn()) as endpoint:
        unclear = Endpoint(endpoint.http_url, endpoint.websocket_url, token)

        with pytest.raises(Rejected, match="not a JWT"):
            await to_thread(store_flow, orjson.dumps(DOCUMENT), Api(unclear))


async def stored(system: StandIn, documents: list[dict[str, Any]], *, user: str = "alice") -> list[str]:
    async with serving(system) as endpoint:
        api = Api(Endpoint(endpoint.http_url, endpoint.websocket_url, token_of(user)))
        return [await to_thread(store_flow, orjson.dumps(document), api) for document in documents]
