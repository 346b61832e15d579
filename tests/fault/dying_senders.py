"""Resumes whose first sender may die on the way; another one repeats them."""

from contextlib import suppress

from chaingraph.errors import WrongStatus
from chaingraph.execution.commands import Command, CommandKind
from chaingraph.ids import ExecutionId
from chaingraph.usecases.command_execution import Post, command_tree
from infra.local.workers import FunctionFailed
from tests.fault.director import OWNER, Director
from tests.fault.faults import Schedule
from tests.fault.sandboxes import Sandbox
from tests.fault.simulation import System


class DyingSenders(Director):
    """`schedule`: of the calls that the first sender makes."""

    def __init__(self, system: System, schedule: Schedule) -> None:
        super().__init__(system.stores, system.workflow)
        self._system, self._schedule = system, schedule

    async def _command(self, root_id: ExecutionId, kind: CommandKind) -> None:
        if kind is not CommandKind.RESUME:
            await super()._command(root_id, kind)
            return
        try:
            await self._resume(root_id)
        except FunctionFailed:
            with suppress(WrongStatus):
                await super()._command(root_id, kind)

    async def _resume(self, root_id: ExecutionId) -> None:
        sandbox, whole = Sandbox(self._schedule, self._system), self._system.stores.whole
        post = Post(
            sandbox.outside(whole.executions),
            sandbox.outside(whole.mailbox),
            sandbox.outside(self._system.workflows),
        )
        command = Command(CommandKind.RESUME, OWNER.id, "resume it")
        await sandbox.run(command_tree(root_id, command, OWNER, post=post))
