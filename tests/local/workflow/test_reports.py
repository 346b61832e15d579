"""When the sweep is called: on schedule, and when a run has ended."""

from datetime import timedelta

import pytest

from tests.local.workflow.served import NEVER, STATUS_CHANGE, Workflow, workflow

pytestmark = pytest.mark.anyio


async def failed_run(running: Workflow) -> None:
    await running.steps.start()
    await running.steps.stop(error="Enough")


async def test_the_end_of_a_run_is_reported_as_eventbridge_does(empty_database_url: str) -> None:
    async with workflow(empty_database_url) as running:
        await failed_run(running)

        report = await running.functions.ends.get()

    assert report["detail-type"] == STATUS_CHANGE
    assert report["source"] == "aws.states"
    assert report["resources"] == [report["detail"]["executionArn"]]
    assert (report["detail"]["name"], report["detail"]["status"]) == ("EX1-1", "ABORTED")
    assert report["detail"]["error"] == "Enough"
    assert report["detail"]["stopDate"] >= report["detail"]["startDate"]


async def test_only_the_chosen_ends_are_reported(empty_database_url: str) -> None:
    async with workflow(empty_database_url, reported=frozenset({"ABORTED"})) as running:
        await running.steps.start("EX1-1")
        (await running.functions.called("run_flow")).answer({"next": "done"})
        await running.steps.start("EX2-1")
        await running.steps.stop("EX2-1")

        assert (await running.functions.ends.get())["detail"]["name"] == "EX2-1"


async def test_a_report_may_arrive_twice_and_late(empty_database_url: str) -> None:
    def twice(_: object) -> tuple[timedelta, ...]:
        return timedelta(0), timedelta(milliseconds=1)

    async with workflow(empty_database_url, deliveries=twice) as running:
        await failed_run(running)

        first, second = await running.functions.ends.get(), await running.functions.ends.get()

    assert first == second


async def test_a_report_may_be_lost(empty_database_url: str) -> None:
    def lose_the_first(report: object) -> tuple[timedelta, ...]:
        return () if "EX1-1" in str(report) else (timedelta(0),)

    async with workflow(empty_database_url, deliveries=lose_the_first) as running:
        await failed_run(running)
        await running.steps.start("EX2-1")
        await running.steps.stop("EX2-1")

        assert (await running.functions.ends.get())["detail"]["name"] == "EX2-1"


async def test_a_report_that_was_not_taken_is_made_again_after_a_restart(empty_database_url: str) -> None:
    def much_later(_: object) -> tuple[timedelta, ...]:
        return (NEVER,)

    async with workflow(empty_database_url, deliveries=much_later) as running:
        await failed_run(running)

    async with workflow(empty_database_url) as running:
        assert (await running.functions.ends.get())["detail"]["name"] == "EX1-1"


async def test_the_schedule_ticks(empty_database_url: str) -> None:
    async with workflow(empty_database_url, sweep_interval=timedelta(milliseconds=5)) as running:
        first, second = await running.functions.ticks.get(), await running.functions.ticks.get()

    assert (first["detail-type"], first["source"], first["detail"]) == ("Scheduled Event", "aws.events", {})
    assert first["id"] != second["id"]
