"""The runs of one turn: what its slice writes is counted; the last turn hands over to a new workflow run."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from chaingraph.execution.commits import Claim, Commit, CommitReply, SliceEnd
from chaingraph.execution.results import ResultStatus
from chaingraph.execution.slots import InLine
from chaingraph.execution.status import is_final
from chaingraph.ids import Epoch
from chaingraph.interfaces import Runs
from chaingraph.usecases.runs_over import RunsOver


@dataclass(slots=True)
class Written:
    """`nodes`: results of nodes that came to an end; `commit_ms`: how long each commit took."""

    events: int = 0
    nodes: int = 0
    commit_ms: list[float] = field(default_factory=list[float])


class TurnRuns(RunsOver):
    """With `continues`, the end of the slice raises the workflow run, too."""

    def __init__(
        self, runs: Runs, *, continues: bool, on_claim: Callable[[Epoch], None] = lambda _: None
    ) -> None:
        super().__init__(runs)
        self.written = Written()
        self.epoch: Epoch | None = None
        self.is_in_line = False
        self.has_rescued = False
        self.has_freed_slot = False
        self.has_continued = False
        self._continues = continues
        self._on_claim = on_claim

    def answered(self, answer: Claim | InLine | None) -> None:
        self.is_in_line = isinstance(answer, InLine)
        if isinstance(answer, Claim):
            self.epoch, self.has_rescued = answer.epoch, answer.is_rescue
            self._on_claim(answer.epoch)

    async def commit(self, claim: Claim, commit: Commit, *, lease_ms: int) -> CommitReply:
        sent = self._continuing(commit)
        began = asyncio.get_running_loop().time()
        reply = await super().commit(claim, sent, lease_ms=lease_ms)
        if reply.landed:
            self._has_landed(sent, (asyncio.get_running_loop().time() - began) * 1000)
        self.has_freed_slot |= reply.has_freed_slot
        return reply

    def _continuing(self, commit: Commit) -> Commit:
        if not self._continues or commit.end is None or _closes(commit.end):
            return commit
        return replace(commit, end=replace(commit.end, continues_as_new_run=True))

    def _has_landed(self, commit: Commit, took_ms: float) -> None:
        self.written.commit_ms.append(took_ms)
        self.written.events += len(commit.events)
        self.written.nodes += sum(result.status is not ResultStatus.STARTED for result in commit.results)
        self.has_continued |= commit.end is not None and commit.end.continues_as_new_run


def _closes(end: SliceEnd) -> bool:
    return end.status is not None and is_final(end.status)
