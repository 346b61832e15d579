"""A type for every id, and how new ones are made."""

import hashlib
from collections.abc import Callable
from typing import NewType

FlowId = NewType("FlowId", str)
FlowHash = NewType("FlowHash", str)
NodeId = NewType("NodeId", str)
PortId = NewType("PortId", str)
EdgeId = NewType("EdgeId", str)
ExecutionId = NewType("ExecutionId", str)
CallbackName = NewType("CallbackName", str)
UserId = NewType("UserId", str)
ConnectionId = NewType("ConnectionId", str)
RequestId = NewType("RequestId", str)
TaskToken = NewType("TaskToken", str)
WorkerId = NewType("WorkerId", str)
EventIndex = NewType("EventIndex", int)
Epoch = NewType("Epoch", int)
WorkflowRun = NewType("WorkflowRun", int)

# No character that looks like another one; the alphabet of ChainGraph's ids.
ALPHABET = "346789ABCDEFGHJKLMNPQRTUVWXYabcdefghijkmnpqrtwxyz"

Randomness = Callable[[int], bytes]
"""Gives that many random bytes; `secrets.token_bytes` in production."""


def _text(number: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(digits)


def _random_text(length: int, randomness: Randomness) -> str:
    return _text(int.from_bytes(randomness(length)), length)


def new_flow_id(randomness: Randomness) -> FlowId:
    return FlowId("V2" + _random_text(24, randomness))


def new_execution_id(randomness: Randomness) -> ExecutionId:
    return ExecutionId("EX" + _random_text(24, randomness))


def child_execution_id(parent: ExecutionId, emitter: str, ordinal: int) -> ExecutionId:
    """The same child has the same id, however often its parent is run again."""
    digest = hashlib.sha256(f"{parent}\0{emitter}\0{ordinal}".encode()).digest()
    return ExecutionId("EX" + _text(int.from_bytes(digest), 24))


def called_execution_id(parent: ExecutionId, caller: str, key: str) -> ExecutionId:
    """The same call has the same child, however often its caller is run again."""
    digest = hashlib.sha256(f"call\0{parent}\0{caller}\0{key}".encode()).digest()
    return ExecutionId("EX" + _text(int.from_bytes(digest), 24))


def emitted_event_id(execution: ExecutionId, emitter: str, ordinal: int) -> str:
    digest = hashlib.sha256(f"event\0{execution}\0{emitter}\0{ordinal}".encode()).digest()
    return "EV" + _text(int.from_bytes(digest), 24)


def workflow_name(execution: ExecutionId, run: WorkflowRun) -> str:
    """The workflow's name: fenced by the run, so an old one can be told from the current one."""
    return f"{execution}-{run}"
