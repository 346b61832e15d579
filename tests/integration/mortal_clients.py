"""Clients whose call dies with the function that serves it."""

from dataclasses import replace
from http import HTTPStatus

from infra.local.workers import FunctionFailed
from tests.fault.faults import Kind, Schedule
from tests.fault.sandboxes import Payload, Sandbox
from tests.functions.api import HttpAnswer
from tests.integration.arena import Answered, Arena


class _NoDisaster:
    is_away = False

    async def strike(self, kind: Kind, payload: Payload) -> None:
        """Nothing else is struck."""

    def goes_on(self) -> None:
        """Nobody waits for that."""


async def resume_mortally(arena: Arena, schedule: Schedule) -> None:
    """Of the whole tree. Where no answer came, it is noted as accepted, which it may have been."""
    sandbox, control = Sandbox(schedule, _NoDisaster()), arena.control
    mortal = replace(
        control,
        executions=sandbox.outside(control.executions),
        mailbox=sandbox.outside(control.mailbox),
        workflows=sandbox.outside(control.workflows),
    )
    try:
        await sandbox.run(replace(arena, control=mortal).command("resume", arena.root_id))
    except FunctionFailed:
        accepted = HttpAnswer(HTTPStatus.OK, None, {})
        arena.answered.append(Answered("resume", arena.root_id, reaches=True, answer=accepted))
