"""The connection breaks at any statement: before it reaches the server, or when its answer is on the way."""

from collections.abc import Generator

import pytest

from tests.fault.faults import CUTS, Kind, Schedule, one
from tests.fault.postgres.statement_proxy import STATEMENT, StatementProxy, statement_proxy
from tests.fault.postgres.stores import Place
from tests.fault.postgres.trials import assert_survived, try_on
from tests.fault.reporting import Places, Survived

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture
def proxy(virtual_url: str) -> Generator[StatementProxy]:
    with statement_proxy(virtual_url) as proxy:
        yield proxy


@pytest.mark.parametrize("kind", CUTS)
def test_a_function_may_lose_its_connection_at_any_statement(
    kind: Kind, proxy: StatementProxy, virtual_url: str, few_places: Places, survived: Survived
) -> None:
    place = Place(virtual_url, functions_url=proxy.url)
    for statement in few_places(statements(place, proxy)):
        proxy.schedule = cut = one(statement, kind, STATEMENT)
        assert_survived(try_on(place, Schedule()), survived, cut)


@pytest.mark.parametrize("kind", CUTS)
def test_the_relay_may_lose_its_connection_at_any_statement(
    kind: Kind, proxy: StatementProxy, virtual_url: str, few_places: Places, survived: Survived
) -> None:
    place = Place(virtual_url, relay_url=proxy.url)
    for statement in few_places(statements(place, proxy)):
        proxy.schedule = cut = one(statement, kind, STATEMENT)
        assert_survived(try_on(place, Schedule()), survived, cut)


def statements(place: Place, proxy: StatementProxy) -> int:
    proxy.schedule = counted = Schedule()
    try_on(place, Schedule())
    return counted.count
