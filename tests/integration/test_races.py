"""Clients, the sweep, news of workflow runs and the engine race for one tree of executions."""

import asyncio
import re
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, Final, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId
from tests.fault.faults import CRASHES, Kind, one
from tests.integration.arena import (
    GATES,
    Answered,
    Standing,
    at_once,
    goes_on,
    has_come_to_a_stand,
    has_ended,
    new_arena,
)
from tests.integration.mortal_clients import resume_mortally

T = TypeVar("T")

STATUSES: Final = "|".join(Status)
REFUSAL: Final = re.compile(
    rf"execution (EX\w+) is ({STATUSES})( and has a pending \w+)?: it cannot be [a-z ]+ now"
)
FINAL_EVENTS: Final = {
    "flow:completed": "completed",
    "flow:failed": "failed",
    "flow:cancelled": "stopped",
}
COMMANDS: Final = ("start", "stop", "pause", "resume", "step", "stepOver")
OF_CLIENTS: Final = (
    "start",
    "pause",
    "pause",
    "resume",
    "resume",
    "step",
    "stepOver",
    "PUT",
    "DELETE",
    "create",
)
OF_SYSTEM: Final = ("sweep", "signal", "told", "kill", "open", "open", "forget")
RARELY: Final = ("stop",)

# What raced once need not race again: nothing that was found can be made smaller.
ONCE: Final = settings(
    stateful_step_count=8,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@dataclass(frozen=True, slots=True)
class Act:
    """What one of those who race does. `place`: of the execution in the tree, and of the node."""

    kind: str
    place: int
    cascade: bool
    delay_ms: int


ACTS: Final = st.builds(
    Act,
    st.sampled_from((*OF_CLIENTS, *OF_SYSTEM, *OF_CLIENTS, *OF_SYSTEM, *RARELY)),
    st.integers(0, 5),
    st.booleans(),
    st.integers(0, 8),
)


class Races(RuleBasedStateMachine):
    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.arena = self.run(new_arena(self.url))
        self.asked: dict[str, object] = {}
        self.logs: dict[ExecutionId, list[str]] = {}

    def run(self, what: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await what

        try:
            return self.runner.run(awaited())
        except BaseException:
            traceback.print_exc()  # Hypothesis says no more than that it does not happen every time
            raise

    @initialize(
        spawn=st.sampled_from(["onEmit", "atEnd"]),
        breakpoints=st.sampled_from([[], [], ["e0"], ["g4", "g1"]]),
        events=st.sampled_from([[], [], ["ping", "ping", "pong"]]),
        status=st.sampled_from([Status.CREATED, Status.RUNNING]),
    )
    def create(self, spawn: str, breakpoints: list[str], events: list[str], status: Status) -> None:
        options = {"spawnChildren": spawn, "breakpoints": breakpoints}
        sent = [{"eventName": name, "payload": None} for name in events]
        self.asked = {"options": options, "events": sent}
        self.run(self.arena.create(**self.asked))
        if status is Status.RUNNING:
            assert self.run(self.arena.command("start", self.arena.root_id)).is_accepted

    @rule(acts=st.lists(ACTS, min_size=1, max_size=7))
    def race(self, acts: Sequence[Act]) -> None:
        self.run(self._race(acts))

    @rule(kind=st.sampled_from(["start", "pause", "stop", "resume"]), place=st.integers(0, 2))
    def several_clients_want_the_same(self, kind: str, place: int) -> None:
        self.run(self._want_the_same(kind, place))

    @rule()
    def pause_the_tree(self) -> None:
        self.run(self._pause_the_tree())

    @rule(call=st.integers(2, 16), death=st.sampled_from(CRASHES))
    def resume_the_tree_twice(self, call: int, death: Kind) -> None:
        self.run(self._resume_the_tree_twice(call, death))

    @rule(gate=st.sampled_from(GATES))
    def open(self, gate: str) -> None:
        self.arena.open_gate(gate)

    @invariant()
    def logs_agree_with_rows(self) -> None:
        if self.arena.root_id:
            self._look(self.run(self.arena.standings()))

    def teardown(self) -> None:
        try:
            if self.arena.root_id:
                self.run(self._end())
        finally:
            self.run(self.arena.close())
            self.runner.close()

    # ------------------------------------------------------------ racing

    async def _race(self, acts: Sequence[Act]) -> None:
        tree = [execution.id for execution in await self.arena.tree()]
        await at_once((act.delay_ms / 1000, self._act(act, tree[act.place % len(tree)])) for act in acts)

    def _act(self, act: Act, execution_id: ExecutionId) -> Callable[[], Awaitable[Any]]:
        arena, gate = self.arena, GATES[act.place]
        match act.kind:
            case "PUT" | "DELETE":
                return partial(arena.breakpoint, act.kind, execution_id, gate)
            case "create":
                return self._create_again
            case "forget":
                return arena.delete_flow
            case "open":
                return partial(self._open, gate)
            case "sweep":
                return arena.sweep
            case "signal" | "told" | "kill":
                return partial(self._meddle, act.kind, execution_id)
            case kind:
                return partial(arena.command, kind, execution_id, cascade=act.cascade)

    async def _open(self, gate: str) -> None:
        self.arena.open_gate(gate)

    async def _create_again(self) -> None:
        """With the same key."""
        answer = await self.arena.ask_to_create(**self.asked)
        assert (answer.status, answer.json) == (201, {"executionId": self.arena.root_id})

    async def _meddle(self, kind: str, execution_id: ExecutionId) -> None:
        match kind:
            case "signal":
                await self.arena.signal(execution_id)
            case "told":
                await self.arena.told_of_an_end(execution_id)
            case _:
                await self.arena.kill(execution_id)

    async def _want_the_same(self, kind: str, place: int) -> None:
        tree = await self.arena.tree()
        wanted = tree[place % len(tree)].id
        answers = await at_once([(0.0, partial(self.arena.command, kind, wanted))] * 4)
        winners = sum(answer.is_accepted for answer in answers)
        assert winners <= 1 or (kind == "resume" and await self._was_at_a_breakpoint(wanted))

    async def _pause_the_tree(self) -> bool:
        """What runs comes to a stand, also what is spawned at this moment, and nothing begins."""
        if any(execution.command for execution in await self.arena.tree()):
            return False  # some of them do something else first
        pause = partial(self.arena.command, "pause", self.arena.root_id)
        gates = [(place / 1000, partial(self._open, gate)) for place, gate in enumerate(GATES)]
        answered, *_ = await at_once([(0.002, pause), *gates])
        if answered.is_accepted:
            await self.arena.until(has_come_to_a_stand)
        return answered.is_accepted

    async def _resume_the_tree_twice(self, call: int, death: Kind) -> None:
        """The first time its sender dies at some call."""
        if await self._pause_the_tree():
            await resume_mortally(self.arena, one(call, death))
            await self.arena.command("resume", self.arena.root_id)
            await self.arena.until(goes_on)

    async def _was_at_a_breakpoint(self, execution_id: ExecutionId) -> bool:
        standings = await self.arena.standings()
        return any(each.id == execution_id and "debug:breakpoint-hit" in each.types for each in standings)

    # ------------------------------------------------------------ looking

    def _look(self, standings: Sequence[Standing]) -> None:
        for standing in standings:
            types, seen = standing.types, self.logs.get(standing.id, [])
            assert types[: len(seen)] == seen
            self.logs[standing.id] = types
            assert standing.status in statuses_after(types), (standing, types)

    async def _end(self) -> None:
        if any(answer.reaches for answer in self.arena.accepted("stop", self.arena.root_id)):
            await self.arena.until(has_ended)  # although the gates are shut
        await self.arena.let_go()
        assert self.arena.living.failures() == []
        self._look(await self.arena.standings())
        for execution_id in self.logs:
            self._account(execution_id)
        self._answers_have_one_shape()
        await self._is_over()

    def _account(self, execution_id: ExecutionId) -> None:
        types, arena = self.logs[execution_id], self.arena
        stops = arena.accepted("stop", execution_id)
        assert len(stops) <= 1
        assert len(arena.accepted("start", execution_id)) <= 1
        assert not stops or types[-1] == "flow:cancelled"
        assert types.count("flow:started") <= 1
        if execution_id == arena.root_id:
            self._account_pauses(types)

    def _account_pauses(self, types: list[str]) -> None:
        """Nobody else commands the root."""
        accepted = {kind: len(self.arena.accepted(kind, self.arena.root_id)) for kind in COMMANDS}
        steps = accepted["step"] + accepted["stepOver"]
        assert types.count("flow:resumed") <= accepted["resume"] + steps
        assert types.count("flow:paused") <= accepted["pause"] + steps + types.count("debug:breakpoint-hit")
        assert (types[-1] == "flow:cancelled") == bool(accepted["stop"])

    def _answers_have_one_shape(self) -> None:
        for answered in self.arena.answered:
            if not answered.is_accepted:
                assert answered.answer.status == 409, answered
                error = answered.answer.json["error"]
                assert (error["code"], error["problems"]) == ("BAD_REQUEST", []), answered
                told = REFUSAL.fullmatch(error["message"])
                assert told is not None, answered
                assert told[1] == answered.execution_id

    async def _is_over(self) -> None:
        """Whatever comes after the end changes nothing, and is answered like any refusal."""
        before = await self.arena.standings()
        ids = [standing.id for standing in before]
        late: list[Answered] = await at_once(
            (0.0, partial(self.arena.command, kind, execution_id))
            for kind in COMMANDS
            for execution_id in ids
        )
        late += await at_once(
            (0.0, partial(self.arena.breakpoint, verb, execution_id, "g0"))
            for verb in ("PUT", "DELETE")
            for execution_id in ids
        )
        await self.arena.sweep()
        assert {answered.answer.status for answered in late} == {409}
        self._answers_have_one_shape()
        assert await self.arena.standings() == before


def statuses_after(types: Sequence[str]) -> set[str]:
    """In which the row may be, after a log that keeps to the rules."""
    own = [type_ for type_ in types if type_.startswith(("flow:", "execution:"))]
    assert own[0] == "execution:created"
    assert all(following in MAY_FOLLOW[type_] for type_, following in pairwise(own)), own
    last = own[-1]
    if last in FINAL_EVENTS:
        assert types[-1] == last
        return {FINAL_EVENTS[last]}
    if last == "flow:paused":
        assert "node:started" not in types[len(types) - types[::-1].index(last) :]
        return {"paused"}
    return {"created", "running"} if last == "execution:created" else {"running"}


ENDS: Final = set(FINAL_EVENTS)
MAY_FOLLOW: Final = {
    "execution:created": {"flow:started", "flow:paused", "flow:failed", "flow:cancelled"},
    "flow:started": {"flow:paused", *ENDS},
    "flow:paused": {"flow:resumed", "flow:failed", "flow:cancelled"},
    "flow:resumed": {"flow:started", "flow:paused", *ENDS},
    **{end: set[str]() for end in ENDS},
}


@pytest.mark.timeout(900)
def test_whoever_races_one_wins_and_the_log_agrees(database_url: str, pytestconfig: pytest.Config) -> None:
    class RacesHere(Races):
        url = database_url

    examples = 200 if pytestconfig.getoption("every_fault") else 25
    run_state_machine_as_test(RacesHere, settings=settings(ONCE, max_examples=examples))
