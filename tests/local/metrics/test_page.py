"""From the lines of the parts' logs to the text that is scraped."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chaingraph.aws.metrics import (
    COMMIT_LATENCY,
    METRICS,
    QUEUE_AGE,
    SLICES,
)
from chaingraph.aws.telemetry import Telemetry, Values
from infra.local.metrics.page import MetricsPage

pytestmark = pytest.mark.anyio

Written = Callable[[str, Values], str]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Written:
    """The lines that a function writes, as its log has them."""

    def write(service: str, values: Values) -> str:
        Telemetry(service, "Tests").measure(values)
        return capsys.readouterr().out

    return write


async def scraped(folder: Path, connections: int = 0) -> dict[str, float]:
    return values_in(await MetricsPage(folder).text(connections))


def values_in(text: str) -> dict[str, float]:
    samples = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in samples}


async def test_the_metrics_of_all_functions_are_added_up(tmp_path: Path, written: Written) -> None:
    (tmp_path / "one.log").write_text(written("run_flow", {SLICES: 1}) * 2)
    (tmp_path / "other.log").write_text(written("run_flow", {SLICES: 3}) + written("elsewhere", {SLICES: 7}))
    found = await scraped(tmp_path)

    assert found['chaingraph_slices_total{service="run_flow"}'] == 5
    assert found['chaingraph_slices_total{service="elsewhere"}'] == 7


async def test_of_a_level_the_last_value_holds_in_seconds(tmp_path: Path, written: Written) -> None:
    (tmp_path / "a.log").write_text(written("sweep", {QUEUE_AGE: 9_000}) + written("sweep", {QUEUE_AGE: 250}))

    assert (await scraped(tmp_path))['chaingraph_queue_age_seconds{service="sweep"}'] == 0.25


async def test_durations_are_counted_by_their_length(tmp_path: Path, written: Written) -> None:
    (tmp_path / "a.log").write_text(written("run_flow", {COMMIT_LATENCY: [1.0, 2.0, 40.0, 10_000_000.0]}))
    found = await scraped(tmp_path)
    name = "chaingraph_commit_latency_seconds"

    assert found[f'{name}_bucket{{service="run_flow",le="0.001"}}'] == 1
    assert found[f'{name}_bucket{{service="run_flow",le="0.0025"}}'] == 2
    assert found[f'{name}_bucket{{service="run_flow",le="0.05"}}'] == 3
    assert found[f'{name}_bucket{{service="run_flow",le="900"}}'] == 3
    assert found[f'{name}_bucket{{service="run_flow",le="+Inf"}}'] == 4
    assert found[f'{name}_count{{service="run_flow"}}'] == 4
    assert found[f'{name}_sum{{service="run_flow"}}'] == pytest.approx(10_000.043)


async def test_invocations_are_counted_with_their_outcome_and_duration(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(
        '{"message":"invocation","service":"control","duration_ms":12.5}\n'
        '{"message":"invocation failed","service":"control","duration_ms":7.5}\n'
    )
    found = await scraped(tmp_path)

    assert found['chaingraph_invocations_total{service="control",outcome="answered"}'] == 1
    assert found['chaingraph_invocations_total{service="control",outcome="failed"}'] == 1
    assert found['chaingraph_invocation_seconds_sum{service="control"}'] == pytest.approx(0.02)


async def test_connections_are_those_of_the_moment(tmp_path: Path) -> None:
    page = MetricsPage(tmp_path)
    await page.text(4)

    assert values_in(await page.text(3)) == {"chaingraph_connections": 3}


async def test_each_line_counts_once_and_only_when_it_is_whole(tmp_path: Path, written: Written) -> None:
    log, page = tmp_path / "a.log", MetricsPage(tmp_path)
    line = written("run_flow", {SLICES: 1})
    totals: list[float | None] = []
    for portion in (line, line[:20], line[20:] + line, ""):
        with log.open("a") as stream:
            stream.write(portion)
        totals.append(values_in(await page.text(0)).get('chaingraph_slices_total{service="run_flow"}'))

    assert totals == [1, 1, 3, 3]


async def test_a_log_that_began_anew_is_read_from_its_start(tmp_path: Path, written: Written) -> None:
    log, page = tmp_path / "a.log", MetricsPage(tmp_path)
    log.write_text(written("run_flow", {SLICES: 5}) * 2)
    await page.text(0)
    log.write_text(written("run_flow", {SLICES: 1}))

    assert values_in(await page.text(0))['chaingraph_slices_total{service="run_flow"}'] == 11


@pytest.mark.parametrize(
    "line",
    [
        "plain words",
        "{not json",
        '{"_aws":1}',
        '{"_aws":{"CloudWatchMetrics":[{"Metrics":[{"Name":"Slices"}]}]},"service":"x"}',
        '{"_aws":{"CloudWatchMetrics":[{"Metrics":[{"Name":"Foreign"}]}]},"service":"x","Foreign":[1]}',
        '{"message":"invocation"}',
        '{"message":["invocation"],"service":"x"}',
        '{"level":"INFO"}',
    ],
)
async def test_a_line_that_is_not_understood_measures_nothing(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.log").write_text(f"{line}\n")

    assert await scraped(tmp_path) == {"chaingraph_connections": 0}


async def test_a_log_of_many_portions_is_read_whole(tmp_path: Path, written: Written) -> None:
    (tmp_path / "a.log").write_text(written("run_flow", {SLICES: 1}) * 5_000)

    assert (await scraped(tmp_path))['chaingraph_slices_total{service="run_flow"}'] == 5_000


async def test_every_metric_has_a_name_of_its_own(tmp_path: Path, written: Written) -> None:
    (tmp_path / "a.log").write_text(written("any", dict.fromkeys(METRICS, 1)))
    text = await MetricsPage(tmp_path).text(0)

    types = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(types) == len(set(types)) == len(METRICS) + 1


async def test_names_are_written_so_that_a_scraper_reads_them(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text('{"message":"invocation","service":"a\\"b\\\\c\\nd","duration_ms":1}\n')
    text = await MetricsPage(tmp_path).text(0)

    assert 'chaingraph_invocations_total{service="a\\"b\\\\c\\nd",outcome="answered"} 1\n' in text
