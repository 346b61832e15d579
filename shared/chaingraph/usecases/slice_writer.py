"""The journal of a slice: writes the run's record in batches while the run goes on.

One commit is in flight at a time; what is recorded meanwhile travels with the next one, so a busy run makes
few large commits and a quiet one commits at once. Every reply tells which command is pending. A commit whose
reply was lost is sent again: the store answers it as landed when it had been written.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chaingraph.engine.recorder import Child, Record, Recorder
from chaingraph.errors import Conflict, Unavailable
from chaingraph.execution.commits import Claim, Commit, CommitReply, NewChild, SliceEnd
from chaingraph.ids import EventIndex, ExecutionId
from chaingraph.interfaces import Runs
from chaingraph.usecases.wake_up_hints import WakeUpHints

# How often and after which pause (doubled each time) a commit is repeated while the database does not answer.
COMMIT_ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class WriterSettings:
    """`poll_ms`: the longest that a command waits on a run that records nothing."""

    lease_ms: int
    poll_ms: int


class SliceWriter:
    """`on_reply`, `on_failure` and `on_spawned` tell the run; `active_ms` is asked for with every commit."""

    def __init__(
        self,
        claim: Claim,
        recorder: Recorder,
        *,
        runs: Runs,
        settings: WriterSettings,
        new_child: Callable[[Child], NewChild],
        active_ms: Callable[[], int],
    ) -> None:
        self.signal_seq = 0
        self.failure: Exception | None = None
        self.on_reply: Callable[[CommitReply], None] = lambda _: None
        self.on_failure: Callable[[Exception], None] = lambda _: None
        self.on_spawned: Callable[[Sequence[ExecutionId]], None] = lambda _: None
        self._claim = claim
        self._recorder = recorder
        self._runs, self._settings = runs, settings
        self._new_child, self._active_ms = new_child, active_ms
        self._written_ms = 0
        self._dirty = asyncio.Event()
        self._stopping = False
        self._in_flight = asyncio.Lock()
        self._progress = _Progress()
        self._hints = WakeUpHints(claim.execution_id, runs)

    def begin(self, signal_seq: int) -> None:
        """`signal_seq`: the last signal that is known at the start."""
        self.signal_seq = signal_seq
        self._written_ms = self._active_ms()

    # ------------------------------------------------------------ the journal

    def wrote(self) -> None:
        if not self._recorder.is_empty:
            self._dirty.set()

    async def flush(self) -> None:
        """Wait until everything recorded so far is durable. Waits for ever once the claim is lost."""
        self.wrote()
        await self._progress.reached(self._progress.taken + (not self._recorder.is_empty))

    async def write_while_running(self) -> None:
        """Commit whatever comes, a heartbeat when nothing does, until told to stop or it fails."""
        try:
            while True:
                await self._something_or_poll()
                if self._stopping:
                    return
                await self._write(end=None)
        except (Conflict, Unavailable) as error:
            self.failure = error
            self.on_failure(error)

    def stop(self) -> None:
        """Let `write_while_running` return after the commit that is in flight."""
        self._stopping = True
        self._dirty.set()

    async def write_rest(self) -> None:
        """Write what is left; the slice has not ended with it."""
        await self._write(end=None)

    async def write_end(self, end: SliceEnd, *, kept: Record) -> CommitReply:
        """Write what is left, with the end. Refused: only what is `kept` stays recorded."""
        return await self._write(end=end, kept=kept)

    async def settle(self) -> None:
        """Send the wake-up that is still due."""
        await self._hints.settle()

    async def abandon(self) -> None:
        """Leave no task behind."""
        await self._hints.abandon()

    # ------------------------------------------------------------ writing

    async def _something_or_poll(self) -> None:
        try:
            async with asyncio.timeout(self._settings.poll_ms / 1000):
                await self._dirty.wait()
        except TimeoutError:
            pass

    async def _write(self, end: SliceEnd | None, kept: Record | None = None) -> CommitReply:
        async with self._in_flight:
            self._dirty.clear()
            record = self._recorder.take()
            self._progress.taken += 1
            active_ms = self._active_ms()
            reply = await self._commit(self._commit_of(record, end, active_ms))
            self.signal_seq = reply.signal_seq
            if reply.landed:
                self._written_ms = active_ms
                await self._has_landed(record)
            else:
                self._recorder.give_back(kept or record)
            self.on_reply(reply)
            return reply

    def _commit_of(self, record: Record, end: SliceEnd | None, active_ms: int) -> Commit:
        return Commit(
            first=record.first,
            events=record.events,
            results=record.results,
            children=tuple(self._new_child(child) for child in record.children),
            error_count=record.error_count,
            active_ms=max(0, active_ms - self._written_ms),
            end=end,
        )

    async def _commit(self, commit: Commit) -> CommitReply:
        pause = FIRST_PAUSE_SECONDS
        for _ in range(COMMIT_ATTEMPTS - 1):
            try:
                return await self._runs.commit(self._claim, commit, lease_ms=self._settings.lease_ms)
            except Unavailable:
                await asyncio.sleep(pause)
                pause *= 2
        return await self._runs.commit(self._claim, commit, lease_ms=self._settings.lease_ms)

    async def _has_landed(self, record: Record) -> None:
        self.on_spawned([child.id for child in record.children])
        await self._progress.all_landed()
        if record.events:
            self._hints.due(EventIndex(record.next - 1))


class _Progress:
    """How many takes of the recorder have landed, for those that wait for one."""

    def __init__(self) -> None:
        self.taken = 0
        self._landed = 0
        self._changed = asyncio.Condition()

    async def all_landed(self) -> None:
        async with self._changed:
            self._landed = self.taken
            self._changed.notify_all()

    async def reached(self, take: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._landed >= take)
