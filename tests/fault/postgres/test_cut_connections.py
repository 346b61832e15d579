"""The connection breaks at any statement: before it reaches the server, or when its answer is on the way."""

from collections.abc import Generator

import pytest

from tests.fault.faults import CUTS, Kind, Schedule, one
from tests.fault.postgres.statement_proxy import STATEMENT, StatementProxy, statement_proxy
from tests.fault.postgres.stores import Place
from tests.fault.postgres.trials import assert_survived, try_on
from tests.fault.reporting import Places, Survived

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def proxy(virtual_url: str) -> Generator[StatementProxy]:
    with statement_proxy(virtual_url) as proxy:
        yield proxy


@pytest.fixture(params=["functions", "relay"])
def place(request: pytest.FixtureRequest, proxy: StatementProxy, virtual_url: str) -> Place:
    if request.param == "functions":
        return Place(virtual_url, functions_url=proxy.url)
    return Place(virtual_url, relay_url=proxy.url)


@pytest.mark.parametrize("kind", CUTS)
def test_a_connection_may_break_at_any_statement(
    kind: Kind, proxy: StatementProxy, place: Place, few_places: Places, survived: Survived
) -> None:
    proxy.schedule = counted = Schedule()
    assert_survived(try_on(place, Schedule()), survived)
    for statement in few_places(counted.count):
        proxy.schedule = cut = one(statement, kind, STATEMENT)
        assert_survived(try_on(place, Schedule()), survived, cut)
