"""What the workflow has to do, told once for whoever runs the definition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"


@dataclass(frozen=True, slots=True)
class Returns:
    payload: JSON = None


@dataclass(frozen=True, slots=True)
class Raises:
    error_type: str
    message: str = "it broke"


@dataclass(frozen=True, slots=True)
class CompletesToken:
    """Inside the function, before it returns."""

    output: JSON


@dataclass(frozen=True, slots=True)
class FailsToken:
    """Inside the function, before it returns."""

    error: str
    cause: str


@dataclass(frozen=True, slots=True)
class LeavesToken:
    """Somebody else completes it after the function has returned."""

    output: JSON


Deed: TypeAlias = Returns | Raises | CompletesToken | FailsToken | LeavesToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`deeds` are each function's, call by call; the last one repeats. `ends` is part of the output."""

    name: str
    begins: str = "run"
    wait_seconds: int = 60
    deeds: Mapping[str, Sequence[Deed]]
    retries: int = 1
    status: str = "SUCCEEDED"
    states: Sequence[str]
    ends: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    error: str | None = None
    turns: int = 1

    @property
    def input(self) -> dict[str, JSON]:
        return {
            "executionId": "EX1",
            "workflowRun": 1,
            "next": self.begins,
            "waitSeconds": self.wait_seconds,
        }

    def _turn(self) -> dict[str, JSON]:
        return {"turn": self.turns} if self.turns else {}

    @property
    def output(self) -> JSON:
        if self.status != "SUCCEEDED":
            return None
        return {
            "executionId": "EX1",
            "workflowRun": 1,
            "next": "done",
            "waitSeconds": 0,
            **self._turn(),
            **self.ends,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """`calls` are the functions in the order in which they were called."""

    status: str
    output: JSON
    error: str | None
    states: tuple[str, ...]
    calls: tuple[str, ...]


DONE = Returns({"next": "done"})
WAIT = Returns({"next": "wait", "waitSeconds": 60})
AGAIN = Returns({"next": "run"})
AFTER_WAIT = ("Next", "AwaitSignal", "Next", "RunFlow", "Next", "Done")

SCENARIOS = (
    Scenario(
        name="a slice that is done ends the run",
        deeds={"run_flow": [DONE]},
        states=("Next", "RunFlow", "Next", "Done"),
    ),
    Scenario(
        name="a slice that is out of time is followed by another",
        deeds={"run_flow": [AGAIN, AGAIN, DONE]},
        states=("Next", "RunFlow", "Next", "RunFlow", "Next", "RunFlow", "Next", "Done"),
        turns=3,
    ),
    Scenario(
        name="a wait ends with a token that is completed before its function returns",
        begins="wait",
        deeds={"await_signal": [CompletesToken({})], "run_flow": [DONE]},
        states=AFTER_WAIT,
    ),
    Scenario(
        name="a wait ends with a token that is completed after its function returned",
        begins="wait",
        deeds={"await_signal": [LeavesToken({"next": "run"})], "run_flow": [DONE]},
        states=AFTER_WAIT,
    ),
    Scenario(
        name="a token's output that is no object is a wake-up like any other",
        begins="wait",
        deeds={"await_signal": [LeavesToken([1, "x", None])], "run_flow": [DONE]},
        states=AFTER_WAIT,
    ),
    Scenario(
        name="a slice asks to wait, and the next one ends the run",
        deeds={"run_flow": [WAIT, DONE], "await_signal": [LeavesToken(None)]},
        states=("Next", "RunFlow", *AFTER_WAIT),
        turns=2,
    ),
    Scenario(
        name="a wait that times out is followed by a slice",
        begins="wait",
        wait_seconds=1,
        deeds={"await_signal": [Returns()], "run_flow": [DONE]},
        states=AFTER_WAIT,
    ),
    Scenario(
        name="the function of an older workflow run ends it",
        begins="wait",
        deeds={"await_signal": [CompletesToken({"next": "done"})]},
        states=("Next", "AwaitSignal", "Next", "Done"),
        ends={"waitSeconds": 60},
        turns=0,
    ),
    Scenario(
        name="a slice that dies is repeated",
        deeds={"run_flow": [Raises("Sandbox.Timedout"), Raises("OperationalError"), DONE]},
        retries=2,
        states=("Next", "RunFlow", "Next", "Done"),
    ),
    Scenario(
        name="a throttled slice is repeated on its own account",
        deeds={
            "run_flow": [Raises("Lambda.TooManyRequestsException"), Raises("Lambda.Unknown"), DONE],
        },
        states=("Next", "RunFlow", "Next", "Done"),
    ),
    Scenario(
        name="a slice that died for good is recorded, and the record says how to go on",
        deeds={
            "run_flow": [Raises("Runtime.ExitError"), Raises("Runtime.ExitError"), DONE],
            "record_failure": [AGAIN],
        },
        states=("Next", "RunFlow", "RecordFailure", "Next", "RunFlow", "Next", "Done"),
        turns=2,
    ),
    Scenario(
        name="a slice that died for good may be followed by a wait",
        deeds={
            "run_flow": [Raises("ValueError"), Raises("ValueError"), DONE],
            "record_failure": [WAIT],
            "await_signal": [LeavesToken({})],
        },
        states=("Next", "RunFlow", "RecordFailure", *AFTER_WAIT),
        turns=2,
    ),
    Scenario(
        name="too many failures end the run as its record says",
        deeds={"run_flow": [Raises("ValueError")], "record_failure": [DONE]},
        states=("Next", "RunFlow", "RecordFailure", "Next", "Done"),
    ),
    Scenario(
        name="a slice that answers nothing useful is recorded",
        deeds={"run_flow": [Returns({}), Returns("rubbish"), DONE], "record_failure": [AGAIN]},
        states=("Next", *("RunFlow", "Next", "RecordFailure", "Next") * 2, "RunFlow", "Next", "Done"),
        turns=5,
    ),
    Scenario(
        name="a failing record is repeated",
        deeds={
            "run_flow": [Raises("ValueError")],
            "record_failure": [Raises("Lambda.Unknown"), Raises("ValueError"), DONE],
        },
        retries=2,
        states=("Next", "RunFlow", "RecordFailure", "Next", "Done"),
    ),
    Scenario(
        name="a record that fails for good fails the run",
        deeds={
            "run_flow": [Raises("ValueError")],
            "record_failure": [Raises("Sandbox.Timedout")],
        },
        status="FAILED",
        error="Sandbox.Timedout",
        states=("Next", "RunFlow", "RecordFailure"),
    ),
    Scenario(
        name="a function that cannot keep its token is called again with another",
        begins="wait",
        deeds={"await_signal": [Raises("OperationalError"), LeavesToken({})], "run_flow": [DONE]},
        states=AFTER_WAIT,
    ),
    Scenario(
        name="a function that can never keep its token is followed by a slice",
        begins="wait",
        deeds={"await_signal": [Raises("OperationalError")], "run_flow": [DONE]},
        states=AFTER_WAIT,
    ),
    Scenario(
        name="a token that is failed is followed by a slice",
        begins="wait",
        deeds={"await_signal": [FailsToken("Nobody", "went home")], "run_flow": [DONE]},
        states=AFTER_WAIT,
    ),
)
