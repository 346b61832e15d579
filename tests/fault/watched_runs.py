"""What the log is known to hold at every moment, and who wrote it: seen where commits enter the store."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from chaingraph.execution.commits import Checkpoint, Claim, Commit, CommitReply
from chaingraph.execution.results import LoadedResult, ResultStatus
from chaingraph.execution.slots import InLine
from chaingraph.graph.json_types import JsonObject, is_list, is_object
from chaingraph.ids import Epoch, ExecutionId, NodeId
from chaingraph.interfaces import Runs
from chaingraph.usecases.runs_over import RunsOver
from tests.fault.ledger import BodyRun, Ledger

# What a number port holds to which nobody has given a value: it is not stored.
UNSET = 0

Results = dict[NodeId, LoadedResult]


@dataclass(slots=True)
class Watch:
    """One for a whole system: newest epochs, stored results, and what was not as it has to be."""

    document: JsonObject
    ledger: Ledger = field(default_factory=Ledger)
    newest: dict[ExecutionId, Epoch] = field(default_factory=dict[ExecutionId, Epoch])
    results: defaultdict[ExecutionId, Results] = field(default_factory=lambda: defaultdict(dict))
    violations: list[str] = field(default_factory=list[str])
    commits: int = 0

    def claimed(self, claim: Claim) -> None:
        self.newest[claim.execution_id] = max(claim.epoch, self.newest.get(claim.execution_id, Epoch(0)))

    def landed(self, claim: Claim, commit: Commit) -> None:
        self.commits += 1
        known = self.results[claim.execution_id]
        for result in commit.results:
            detail: Mapping[str, object] = orjson.loads(result.detail)
            known[result.node_id] = LoadedResult(result.node_id, result.status, result.attempt, detail)

    def loaded(self, checkpoint: Checkpoint) -> None:
        stored = {result.node_id: result for result in checkpoint.results}
        self.results[checkpoint.execution.id] = stored


class WatchedRuns(RunsOver):
    """The `Runs` of one process."""

    def __init__(self, runs: Runs, watch: Watch) -> None:
        super().__init__(runs)
        self.held: dict[ExecutionId, Epoch] = {}
        self._watch = watch

    def answered(self, answer: Claim | InLine | None) -> None:
        if isinstance(answer, Claim):
            self.held[answer.execution_id] = answer.epoch
            self._watch.claimed(answer)

    async def load(self, claim: Claim) -> Checkpoint:
        checkpoint = await super().load(claim)
        self._watch.loaded(checkpoint)
        return checkpoint

    async def commit(self, claim: Claim, commit: Commit, *, lease_ms: int) -> CommitReply:
        newest = self._watch.newest[claim.execution_id]
        reply = await super().commit(claim, commit, lease_ms=lease_ms)
        if reply.landed:
            if claim.epoch < newest:
                self._watch.violations.append(f"epoch {claim.epoch} wrote although {newest} had been given")
            self._watch.landed(claim, commit)
        return reply

    def ledger(self) -> Ledger:
        """The system's ledger, for the bodies that this process runs."""
        shared = self._watch.ledger
        return Ledger(shared.runs, shared.violations, self._violation)

    def _violation(self, run: BodyRun) -> str | None:
        execution_id = ExecutionId(run.execution_id)
        known = self._watch.results[execution_id]
        own = known.get(NodeId(run.node_id))
        # One that was superseded between its commit and its body cannot know what others did since.
        is_current = self.held.get(execution_id) == self._watch.newest.get(execution_id)
        if is_current and own is not None and own.status is not ResultStatus.STARTED:
            return f"ran although it had {own.status}"
        if run.is_pure or not is_current:
            return None
        return effect_violation(run, own, known, self._watch.document)


def effect_violation(
    run: BodyRun, own: LoadedResult | None, known: Results, document: JsonObject
) -> str | None:
    """An effect may rest on nothing but what the log holds."""
    if own is None:
        return "had an effect before its start was in the log"
    values = own.detail.get("values")
    stored = values if is_object(values) else {}
    if any(stored.get(port, UNSET) != value for port, value in run.saw.items()):
        return f"ran on {run.saw}, the log holds {stored}"
    edges = own.detail.get("edges")
    for edge in _edges(document, edges if is_list(edges) else []):
        source = known.get(NodeId(str(edge["sourceNodeId"])))
        if source is None or source.status is ResultStatus.STARTED:
            return f"rested on {edge['sourceNodeId']}, whose end the log did not hold"
        produced = source.detail.get("values")
        value = produced.get(str(edge["sourcePortId"]), UNSET) if is_object(produced) else UNSET
        if str(edge["targetPortId"]) in run.saw and run.saw[str(edge["targetPortId"])] != value:
            return f"rested on {run.saw}, the log holds {value} of {edge['sourceNodeId']}"
    return None


def _edges(document: JsonObject, ids: list[object]) -> list[JsonObject]:
    edges = document["edges"]
    found = [edge for edge in (edges if is_list(edges) else []) if is_object(edge)]
    return [edge for edge in found if edge["id"] in ids]
