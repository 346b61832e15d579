"""The connection breaks at any statement: before it reaches the server, or when its answer is on the way."""

from collections.abc import Generator

import pytest

from tests.fault.faults import CUTS, Kind, Schedule, one
from tests.fault.postgres.statement_proxy import STATEMENT, StatementProxy, statement_proxy
from tests.fault.postgres.stores import Place
from tests.fault.postgres.trials import assert_survived, try_on
from tests.fault.reporting import Places, Survived
from tests.fault.trial import Trial

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def proxy(virtual_url: str) -> Generator[StatementProxy]:
    with statement_proxy(virtual_url) as proxy:
        yield proxy


def through(proxy: StatementProxy, url: str, schedule: Schedule) -> Trial:
    proxy.schedule = schedule
    return try_on(Place(url, functions_url=proxy.url), Schedule())


@pytest.mark.parametrize("kind", CUTS)
def test_a_connection_may_break_at_any_statement(
    kind: Kind, proxy: StatementProxy, virtual_url: str, few_places: Places, survived: Survived
) -> None:
    counted = Schedule()
    assert_survived(through(proxy, virtual_url, counted), survived)
    for statement in few_places(counted.count):
        cut = one(statement, kind, STATEMENT)
        assert_survived(through(proxy, virtual_url, cut), survived, cut)
