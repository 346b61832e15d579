"""The runbook's numbers of transitions are those of the scenarios that emulator and interpreter have run."""

from typing import Final

from tests.infra.reached_calls import ROOT
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
