"""Answer a node that waits for somebody outside: the token is the authority."""

from dataclasses import dataclass
from typing import Final

import orjson

from chaingraph.errors import Conflict, Problem, Rejected, TooLarge, WrongStatus, rejected
from chaingraph.execution.callbacks import (
    Answered,
    CallbackAddress,
    CallbackStanding,
    Expired,
    OpenCallback,
    address_of,
    no_callback,
    open_callback,
)
from chaingraph.execution.results import ResultStatus
from chaingraph.execution.status import is_final
from chaingraph.graph.conformance import conformance_problems
from chaingraph.graph.flow import Port
from chaingraph.graph.json_types import list_of, object_of, same_json
from chaingraph.interfaces import Mailbox, Workflows
from chaingraph.usecases.checked_flows import CheckedFlows
from chaingraph.usecases.wake_up import wake_up

MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Desk:
    """Where answers come in."""

    mailbox: Mailbox
    workflows: Workflows
    checked_flows: CheckedFlows


async def answer_callback(token: str, body: bytes, now_ms: int, *, desk: Desk) -> None:
    """Check the answer, store it, and wake the execution. The same answer again changes nothing.

    Raises NotFound for a token that nobody waits with (any more), Rejected with every problem of the payload,
    TooLarge, Conflict when another answer was first, WrongStatus when the execution has ended.
    """
    payload = _payload(body)
    address = address_of(token)
    standing = await desk.mailbox.callback(address.execution_id, address.node_id, address.name)
    callback = _meant(address, standing)
    if standing.answer is None:
        _check_open(address, callback, standing, now_ms)
        _check_payload(_port(address, callback, standing, desk.checked_flows), payload)
        await desk.mailbox.answer(address.execution_id, address.name, orjson.dumps(payload))
        standing = await desk.mailbox.callback(address.execution_id, address.node_id, address.name)
    _check_first(address, standing, payload)
    await wake_up(address.execution_id, mailbox=desk.mailbox, workflows=desk.workflows)


def _payload(body: bytes) -> object:
    if len(body) > MOST_BYTES:
        raise TooLarge(f"an answer has at most {MOST_BYTES} bytes, not {len(body)}")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Rejected("the body is not JSON", [Problem("", f"not JSON: {error}")]) from error


def _meant(address: CallbackAddress, standing: CallbackStanding) -> OpenCallback:
    """All are compared, so that the time tells nothing."""
    kept = [open_callback(object_of(stored)) for stored in list_of(standing.detail.get("callbacks"))]
    meant = [callback for callback in kept if address.is_meant(callback.secret)]
    if not meant:
        raise no_callback()
    return meant[0]


def _check_open(
    address: CallbackAddress, callback: OpenCallback, standing: CallbackStanding, now_ms: int
) -> None:
    if is_final(standing.status):
        raise WrongStatus(f"execution {address.execution_id} is {standing.status}: nobody waits any more")
    if standing.node_status is not ResultStatus.STARTED:
        raise no_callback()
    if callback.until_ms is not None and now_ms >= callback.until_ms:
        raise no_callback()


def _port(
    address: CallbackAddress, callback: OpenCallback, standing: CallbackStanding, checked_flows: CheckedFlows
) -> Port:
    nodes = checked_flows.flow(standing.document).nodes
    node = next((node for node in nodes if node.id == address.node_id), None)
    if node is None or callback.port not in node.ports:
        raise no_callback()
    return node.ports[callback.port]


def _check_payload(port: Port, payload: object) -> None:
    problems = conformance_problems(port, payload)
    if problems:
        raise rejected(problems)


def _check_first(address: CallbackAddress, standing: CallbackStanding, payload: object) -> None:
    match standing.answer:
        case None:
            raise WrongStatus(f"execution {address.execution_id} is {standing.status}: nobody waits any more")
        case Expired():
            raise no_callback()
        case Answered(payload=first):
            if not same_json(first, payload):
                raise Conflict("this callback has another answer already")
