"""The HTTP API as a command sees it."""

from asyncio import to_thread

import pytest
from aiohttp import web

from chaingraph.cli.api import Api
from chaingraph.cli.endpoint import Endpoint
from chaingraph.errors import ChaingraphError, Conflict, Forbidden, NotFound, Rejected, Unavailable
from tests.unit.cli.stand_in import StandIn, serving

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "BAD_REQUEST", Rejected),
        (403, "FORBIDDEN", Forbidden),
        (404, "NOT_FOUND", NotFound),
        (409, "CONFLICT", Conflict),
        (503, "INTERNAL_SERVER_ERROR", Unavailable),
    ],
)
async def test_a_refusal_is_raised_as_the_error_it_means(
    status: int, code: str, kind: type[ChaingraphError]
) -> None:
    system = StandIn()
    system.refuse("flows/a", status, code, "because")

    async with serving(system) as endpoint:
        with pytest.raises(kind, match="because") as refusal:
            await to_thread(Api(endpoint).get, "flows", "a")

    assert [str(problem) for problem in refusal.value.problems] == ["here: wrong"]


async def test_a_listing_is_read_over_as_many_pages_as_it_needs() -> None:
    system = StandIn()
    system.flows = {f"V2{number}": {"id": f"V2{number}"} for number in range(7)}
    system.page_size = 3

    async with serving(system) as endpoint:
        most = await to_thread(lambda: list(Api(endpoint).pages("flows", of="flows", limit=5)))
        every = await to_thread(lambda: list(Api(endpoint).pages("flows", of="flows", limit=50)))

    assert [flow["id"] for flow in most] == [f"V2{number}" for number in range(5)]
    assert len(every) == 7


async def test_an_id_is_escaped_in_the_address() -> None:
    system = StandIn()
    system.flows = {"a/b?c": {"id": "a/b?c"}}

    async with serving(system) as endpoint:
        with pytest.raises(NotFound):
            await to_thread(Api(endpoint).get, "flows", "a/../b?c#d")

    assert [path for _, path, _ in system.asked] == ["flows/a/../b?c#d"]


async def test_an_answer_of_something_else_names_its_status() -> None:
    system = StandIn()
    system.refusals["flows/a"] = lambda: web.Response(status=502, text="<html>")

    async with serving(system) as endpoint:
        with pytest.raises(Unavailable, match="502 Bad Gateway"):
            await to_thread(Api(endpoint).get, "flows", "a")


async def test_an_answer_that_is_not_json_is_an_outage() -> None:
    system = StandIn()
    system.refusals["flows/a"] = lambda: web.Response(text="<html>")

    async with serving(system) as endpoint:
        with pytest.raises(Unavailable, match="no system answers at"):
            await to_thread(Api(endpoint).get, "flows", "a")


def test_nobody_at_the_address_is_an_outage() -> None:
    with pytest.raises(Unavailable, match=r"no system answers at http://127\.0\.0\.1:1"):
        Api(Endpoint("http://127.0.0.1:1", "", "")).get("flows")
