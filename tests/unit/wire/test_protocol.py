"""PROTOCOL.md names everything a client can send or get."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

import chaingraph.wire
from chaingraph.errors import ChaingraphError
from chaingraph.execution.events import EventType
from chaingraph.execution.options import ExecutionOptions, Limits
from chaingraph.subscriptions import Snapshot
from chaingraph.wire.messages import MAX_ID_LENGTH, MAX_MESSAGE_BYTES
from chaingraph.wire.replies import PARSE_ERROR, Code, code_of
from chaingraph.wire.requests import (
    PROCEDURES,
    SUBSCRIPTION_PATH,
    ExternalEventInput,
    SubscribeToExecutionEvents,
)
from chaingraph.wire.revival import REVIVERS
from chaingraph.wire.values import MAX_DEPTH

PROTOCOL = (Path(chaingraph.wire.__file__).parent / "PROTOCOL.md").read_text("utf-8")
WITHOUT_BLOCKS = re.sub(r"```.*?```", "", PROTOCOL, flags=re.DOTALL)
CODED = set(re.findall(r"\w[\w:-]*", " ".join(re.findall(r"`([^`]+)`", WITHOUT_BLOCKS))))

INPUTS: tuple[type[BaseModel], ...] = (
    *PROCEDURES.values(),
    SubscribeToExecutionEvents,
    ExternalEventInput,
    ExecutionOptions,
    Limits,
)


@pytest.mark.parametrize("event_type", EventType)
def test_every_type_of_event_is_named(event_type: EventType) -> None:
    assert event_type in CODED


@pytest.mark.parametrize("path", [*(path for _, path in PROCEDURES), SUBSCRIPTION_PATH])
def test_every_procedure_is_named(path: str) -> None:
    assert path in CODED


@pytest.mark.parametrize("model", INPUTS)
def test_every_field_of_an_input_is_named(model: type[BaseModel]) -> None:
    fields = {field.alias for field in model.model_fields.values()}

    assert fields <= CODED


@pytest.mark.parametrize("tag", REVIVERS)
def test_every_tag_is_named(tag: str) -> None:
    assert tag in CODED


def _codes() -> list[Code]:
    return [PARSE_ERROR, *(code_of(kind("")) for kind in ChaingraphError.__subclasses__())]


@pytest.mark.parametrize("code", _codes(), ids=lambda code: code.name)
def test_every_error_is_named_with_its_number(code: Code) -> None:
    assert f"| `{code.name}` | {code.number} |".replace("-", "−") in PROTOCOL


@pytest.mark.parametrize("snapshot", Snapshot)
def test_every_form_of_events_is_named(snapshot: Snapshot) -> None:
    assert snapshot in CODED


def test_the_limits_are_those_of_the_code() -> None:
    assert f"at most {MAX_MESSAGE_BYTES // 1024} KB" in PROTOCOL
    assert f"a text of at most {MAX_ID_LENGTH} characters" in PROTOCOL
    assert f"at most {MAX_DEPTH} levels" in PROTOCOL
