"""The workflow service in a process of its own, for tests that kill it."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.local.workflow import workflow_process
from tests.local.workflow.served import Steps, client_of


@dataclass(frozen=True, slots=True)
class Killable:
    """`early` are calls that were made before the endpoint was open."""

    program: asyncio.subprocess.Process
    steps: Steps
    early: list[Any]

    async def next_call(self) -> Any:
        return self.early.pop(0) if self.early else await read_line(self.program)

    async def called(self, function: str) -> Any:
        """The next call that is not the scheduled sweep."""
        while (call := await self.next_call())["function"] == "sweep":
            pass
        assert call["function"] == function
        return call

    def answer(self, call: Any, payload: object) -> None:
        assert self.program.stdin
        self.program.stdin.write(json.dumps({"id": call["id"], "payload": payload}).encode() + b"\n")

    async def kill(self) -> None:
        self.program.kill()
        await self.program.wait()


class Dead(Exception):
    """The process has ended, and with it its output."""


async def read_line(program: asyncio.subprocess.Process) -> Any:
    assert program.stdout
    line = await program.stdout.readline()
    if not line.endswith(b"\n"):
        raise Dead
    return json.loads(line)


@asynccontextmanager
async def service(database_url: str, definition: Path) -> AsyncGenerator[Killable]:
    """Killed at the end if the test has not done it."""
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        workflow_process.__file__,
        database_url,
        str(definition),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**20,
    )
    try:
        early: list[Any] = []
        while "url" not in (line := await read_line(program)):
            early.append(line)
        yield Killable(program, Steps(client_of(line["url"])), early)
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
