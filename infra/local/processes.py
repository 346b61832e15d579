"""The parent side of a part of the system: a process that is started again when it ends.

A part imports what it needs at once and begins when it is told that what it stands on is there. It says
`ready` on its standard output when it serves. What it logs goes to a file, without a stop in the
supervisor; so does what else it says.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BEGIN: Final = b"\n"
READY: Final = b"ready"
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 10.0
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 10.0
# A part that served so long is started again at once.
STEADY_SECONDS: Final = 10.0


class PartFailed(Exception):
    """A part did not come to serve; the message says which, and where its log is."""


@dataclass(frozen=True, slots=True)
class PartSettings:
    name: str
    program: str
    environment: Mapping[str, str] = field(repr=False)
    log: Path


@dataclass(frozen=True, slots=True)
class Ended:
    """A part ended by itself; it is started again after the pause."""

    part: str
    reason: str
    pause_seconds: float


@dataclass(frozen=True, slots=True)
class Serving:
    """A part serves; `attempt` counts its starts, from 1."""

    part: str
    pid: int
    attempt: int


class Part:
    """`run` starts the process, again and again, until it is cancelled; then it ends the process."""

    def __init__(
        self, settings: PartSettings, ground: asyncio.Event, on_change: Callable[[Serving | Ended], None]
    ) -> None:
        """`ground`: set when what the part stands on is there."""
        self._settings = settings
        self._ground = ground
        self._on_change = on_change
        self._attempt = 0

    @property
    def name(self) -> str:
        return self._settings.name

    async def run(self) -> None:
        """Raises PartFailed when the first start does not come to serve."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            served_seconds, reason = await self._run_once()
            if self._attempt == 1 and served_seconds is None:
                log = self._settings.log
                raise PartFailed(f"{self.name} did not start: {reason}: {last_line(log)} ({log})")
            steady = served_seconds is not None and served_seconds > STEADY_SECONDS
            pause = FIRST_PAUSE_SECONDS if steady else min(2 * pause, LONGEST_PAUSE_SECONDS)
            self._on_change(Ended(self.name, reason, pause))
            await asyncio.sleep(pause)

    async def _run_once(self) -> tuple[float | None, str]:
        """How long it served, or None when it never did, and why it ended."""
        self._attempt += 1
        child = await start(self._settings)
        loop = asyncio.get_running_loop()
        try:
            await self._ground.wait()
            begin(child)
            if not await says_ready(child):
                return None, "it was not ready in time" if child.returncode is None else ending(child)
            began = loop.time()
            self._on_change(Serving(self.name, child.pid, self._attempt))
            await kept(_output(child), self._settings.log)
            await child.wait()
            return loop.time() - began, ending(child)
        finally:
            await stop(child)


async def start(settings: PartSettings) -> asyncio.subprocess.Process:
    """In a session of its own: Ctrl-C in a terminal reaches the supervisor only."""
    with settings.log.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "infra.local.part",
            str(os.getpid()),
            settings.program,
            env={**os.environ, **settings.environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )


def begin(child: asyncio.subprocess.Process) -> None:
    if child.stdin is None:
        raise RuntimeError("the part was started without an input")
    child.stdin.write(BEGIN)


async def says_ready(child: asyncio.subprocess.Process) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS):
            async for line in _output(child):
                if line.startswith(READY):
                    return True
            await child.wait()
    return False


async def kept(output: asyncio.StreamReader, log: Path) -> None:
    """What a part says after it is ready stands in its log, too."""
    with log.open("ab", buffering=0) as lines:
        async for line in output:
            lines.write(line)


async def stop(child: asyncio.subprocess.Process) -> None:
    """Ask it to leave; what does not leave in time is killed."""
    with suppress(ProcessLookupError):
        child.send_signal(signal.SIGTERM)
    await asyncio.wait([asyncio.ensure_future(child.wait())], timeout=STOP_SECONDS)
    if child.returncode is None:
        child.kill()
        await child.wait()


def ending(child: asyncio.subprocess.Process) -> str:
    code = child.returncode
    if code is None or code >= 0:
        return f"exit code {code}"
    return f"killed by {signal.Signals(-code).name}"


def last_line(log: Path) -> str:
    return log.read_text(errors="replace").strip().rpartition("\n")[2]


def _output(child: asyncio.subprocess.Process) -> asyncio.StreamReader:
    if child.stdout is None:
        raise RuntimeError("the part was started without an output")
    return child.stdout
