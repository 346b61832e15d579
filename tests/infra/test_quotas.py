"""Numbers in the documents: transitions as in the scenarios that were run on two interpreters, and costs."""

from typing import Final

import pytest

from tests.infra.conftest import Synthesized
from tests.infra.reached_calls import ROOT
from tests.infra.test_observability import alarms, emitted
from tests.workflow_oracle.scenarios import SCENARIOS

ONE_SLICE: Final = "a slice that is done ends the run"
STARTED: Final = "a wait ends with a token that is completed after its function returned"
ONE_WAIT_MORE: Final = "a slice asks to wait, and the next one ends the run"
THREE_SLICES: Final = "a slice that is out of time is followed by another"


def transitions(name: str) -> int:
    (found,) = (scenario for scenario in SCENARIOS if scenario.name == name)
    return len(found.states)


def in_runbook(subject: str) -> int:
    page = (ROOT / "infra" / "aws" / "RUNBOOK.md").read_text(encoding="utf-8")
    (line,) = (line for line in page.splitlines() if line.startswith(f"| {subject} "))
    return int(line.split("|")[2])


def test_the_runbook_counts_the_transitions_of_an_execution() -> None:
    assert in_runbook("create, start, one slice") == transitions(STARTED)
    assert in_runbook("each wait") == transitions(ONE_WAIT_MORE) - transitions(ONE_SLICE)
    assert (
        in_runbook("each further slice of 15 minutes")
        == (transitions(THREE_SLICES) - transitions(ONE_SLICE)) / 2
    )
    assert in_runbook("each child execution") == transitions(STARTED)


def costs(subject: str) -> list[list[str]]:
    """The rows of the table that begins with this, cell by cell; the last one is the sum."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    _, _, table = page.partition(f"| {subject}")
    lines = table.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("subject", ["idle for a month", "a thousand executions"])
def test_the_costs_in_the_readme_add_up(subject: str) -> None:
    *rows, (_, total) = costs(subject)

    assert round(sum(float(amount) for _, amount in rows), 2) == float(total)


def test_the_readme_counts_what_the_alarms_of_development_watch(synthesized: Synthesized) -> None:
    """An alarm costs for each metric that it looks at."""
    found = alarms(synthesized("dev")).values()
    watched = sum(len(each.get("Metrics", ["the sum", "the only one"])) - 1 for each in found)
    # As long as nobody watches, the relay has no lag to tell.
    idle = [name for service, name in emitted() if service in {"sweep", "relay"} and name != "RelayLag"]
    ((row, amount),) = (row for row in costs("idle for a month") if "alarms" in row[0])

    assert row.startswith(
        f"{len(found)} alarms on {watched} metrics at 0.10, a dashboard at 3.00, {len(idle)} "
    )
    assert float(amount) == round(watched * 0.10 + 3.00 + len(idle) * 0.30, 2)
