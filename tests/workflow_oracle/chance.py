"""Scenarios made by chance: any answers in any order."""

import random

from tests.workflow_oracle.scenarios import (
    JSON,
    CompletesToken,
    Deed,
    LeavesToken,
    Returns,
    Scenario,
)

ANSWERS: tuple[JSON, ...] = (
    {"next": "run"},
    {"next": "run", "waitSeconds": 7},
    {"next": "wait", "waitSeconds": 60},
    {"next": "wait", "waitSeconds": 61, "more": [1, {"x": None}]},
    {"next": "fly"},
    {"next": None},
    {"next": ["run"]},
    {"other": "wait"},
    [{"next": "run"}],
    "run",
    None,
)
OUTPUTS: tuple[JSON, ...] = (None, {}, {"next": "run"}, {"next": ["done"]}, [{"next": "wait"}], "done", 3)
LENGTH = 6


def scenario(seed: int) -> Scenario:
    """Its end is not foretold: `states` is empty."""
    chance = random.Random(seed)  # noqa: S311
    slices: list[Deed] = [Returns(chance.choice(ANSWERS)) for _ in range(LENGTH)]
    records: list[Deed] = [Returns(chance.choice(ANSWERS[:4])) for _ in range(LENGTH)]
    tokens: list[Deed] = [
        chance.choice((CompletesToken, LeavesToken))(chance.choice(OUTPUTS)) for _ in range(2 * LENGTH)
    ]
    return Scenario(
        name=f"chance {seed}",
        begins=chance.choice(("run", "wait")),
        deeds={
            "run_flow": [*slices, Returns({"next": "done"})],
            "record_failure": [*records, Returns({"next": "done"})],
            "await_signal": [*tokens, CompletesToken({"next": "done"})],
        },
        states=(),
    )
