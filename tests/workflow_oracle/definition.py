"""The workflow definition with its numbers made short enough for a test."""

import json
from pathlib import Path
from typing import Any

DEFINITION = Path(__file__).parents[2] / "infra" / "workflow.asl.json"
FUNCTIONS = ("await_signal", "run_flow", "record_failure")


def shortened(retries: int) -> str:
    """Every retry comes within a second, and `retries` of them at most."""
    definition: dict[str, Any] = json.loads(DEFINITION.read_text())
    for state in definition["States"].values():
        for retrier in state.get("Retry", []):
            if retrier["MaxAttempts"] > 1:
                retrier |= {"MaxAttempts": retries, "BackoffRate": 1.0, "MaxDelaySeconds": 2}
    return json.dumps(definition)


def with_names(definition: str) -> str:
    """Each function stands for itself."""
    for name in FUNCTIONS:
        definition = definition.replace(f"${{{name}}}", name)
    return definition
