"""A command at any moment: what was accepted comes about, soon, and nothing else changes by it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from chaingraph.execution.events import EventType
from chaingraph.execution.options import ExecutionOptions, SpawnChildren
from chaingraph.graph.json_types import JsonObject
from tests.fault.audit import Ended, Tree
from tests.fault.dying_senders import DyingSenders
from tests.fault.faults import CRASHES, Kind, Schedule, one
from tests.fault.fifty_nodes import fifty_nodes, flow_document
from tests.fault.reporting import Places, Survived
from tests.fault.simulation import System
from tests.fault.trial import Trial, try_out

pytestmark = pytest.mark.timeout(600)

SLEEPY = flow_document(
    {"start": ("Plus", {}), "sleeps": ("Naps", {"seconds": 60}), "pays": ("Charges", {})},
    ["start.result -> sleeps.a", "sleeps.result -> pays.a"],
)
FIFTY = fifty_nodes()


@dataclass(frozen=True)
class Play:
    """A flow, how its children start, and whom the commands are for."""

    document: JsonObject
    timing: SpawnChildren = SpawnChildren.ON_EMIT
    commands_children: bool = True

    def trial(self, schedule: Schedule) -> Trial:
        return try_out(lambda: self.system(schedule))

    def system(self, schedule: Schedule) -> System:
        options = ExecutionOptions(spawn_children=self.timing)
        system = System(self.document, schedule, options=options)
        system.director.commands_children = self.commands_children
        return system


PLAYS = {
    "children at once": Play(FIFTY),
    "children at the end": Play(FIFTY, SpawnChildren.AT_END),
    "the root alone": Play(FIFTY, SpawnChildren.AT_END, commands_children=False),
    "a long sleep": Play(SLEEPY),
}
# A poll of an idle engine, and what its nodes still have to do.
SOON_SECONDS = 1.0
# A resume costs three calls for each execution that it reaches.
LEAST_DESCENDANTS = 4
PAUSING = {EventType.FLOW_PAUSED, EventType.FLOW_RESUMED}


def types(trial: Trial) -> list[str]:
    return [event.type for event in trial.audit.logs["/"]]


def without_pauses(tree: Tree) -> Mapping[str, Ended]:
    return {name: replace(ended, events=_left(ended.events)) for name, ended in tree.items()}


def _left(events: Mapping[tuple[str, str], int]) -> Mapping[tuple[str, str], int]:
    return {event: count for event, count in events.items() if event[0] not in PAUSING}


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
def test_an_accepted_stop_is_the_end(play: Play, places: Places) -> None:
    for call in places(play.trial(Schedule()).calls):
        trial = play.trial(one(call, Kind.STOP))

        expected = ("stopped", "flow:cancelled") if trial.accepted else ("completed", "flow:completed")
        assert (trial.audit.tree["/"].status, types(trial)[-1]) == expected, (call, trial.injected)
        assert max(trial.delays, default=0) <= SOON_SECONDS, (call, trial.injected)
        assert trial.violations == trial.ledger.violations == []


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
def test_an_accepted_pause_comes_about_and_nothing_is_lost_by_it(play: Play, places: Places) -> None:
    calm = play.trial(Schedule())
    for call in places(calm.calls):
        trial = play.trial(one(call, Kind.PAUSE))
        paused = replace(trial, audit=replace(trial.audit, tree=without_pauses(trial.audit.tree)))

        assert paused.problems(calm.audit.tree) == [], (call, trial.injected)
        assert [types(trial).count(kind) for kind in sorted(PAUSING)] == [len(trial.accepted)] * 2, call
        assert max(trial.delays, default=0) <= SOON_SECONDS, (call, trial.injected)


@pytest.mark.parametrize("death", CRASHES)
def test_a_resume_whose_sender_dies_is_repeated_and_leaves_nobody_paused(
    death: Kind, places: Places, survived: Survived
) -> None:
    play = PLAYS["children at the end"]
    calm = play.trial(Schedule())

    def trial_of(schedule: Schedule) -> Trial:
        def make() -> System:
            system = play.system(one(2 * calm.calls // 3, Kind.PAUSE))  # amid children
            system.director = DyingSenders(system, schedule)
            return system

        return try_out(make)

    trial_of(undisturbed := Schedule())
    assert undisturbed.count > 3 * LEAST_DESCENDANTS
    for call in places(undisturbed.count):
        trial = trial_of(dying := one(call, death))
        resumed = replace(trial, audit=replace(trial.audit, tree=without_pauses(trial.audit.tree)))

        assert dying.injected
        assert resumed.problems(calm.audit.tree) == [], dying.injected
        survived(fault.kind for fault in dying.injected)
