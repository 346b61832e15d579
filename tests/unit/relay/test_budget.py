import asyncio

from chaingraph.relay.budget import Budget
from tests.unit.relay.trial import now
from tests.unit.relay.virtual_time import run


def test_some_pass_at_once_and_the_rest_one_by_one() -> None:
    async def trial() -> None:
        budget = Budget(per_second=10, at_once=5)
        passed = await passages(budget, 25)

        assert passed[:5] == [0.0] * 5
        assert passed[-1] == 2.0

    run(trial())


def test_first_come_first_served() -> None:
    async def trial() -> None:
        budget = Budget(per_second=10, at_once=1)
        order: list[int] = []

        async def come(number: int) -> None:
            await budget.take()
            order.append(number)

        await asyncio.gather(*(come(number) for number in range(10)))

        assert order == list(range(10))

    run(trial())


def test_a_refusal_halves_the_rate_once_for_all_that_were_under_way() -> None:
    async def trial() -> None:
        budget = Budget(per_second=100, at_once=1)
        for _ in range(10):
            budget.slow_down()

        assert budget.rate == 50

    run(trial())


def test_the_rate_grows_back_within_seconds() -> None:
    async def trial() -> None:
        budget = Budget(per_second=100, at_once=1)
        for _ in range(20):
            budget.slow_down()
            await asyncio.sleep(0.2)
        slow = budget.rate
        await asyncio.sleep(10)
        await budget.take()

        assert 0 < slow < 5
        assert budget.rate == 100

    run(trial())


async def passages(budget: Budget, count: int) -> list[float]:
    async def pass_through() -> float:
        await budget.take()
        return round(now(), 6)

    return await asyncio.gather(*(pass_through() for _ in range(count)))
