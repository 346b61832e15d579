"""A ledger in a file: bodies in many processes write to it, and it outlives each of them.

A line is written at once; who reads meanwhile may see the beginning of it. A body that is not pure also looks
into the log before it goes on.
"""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import psycopg

from chaingraph.execution.results import LoadedResult, ResultStatus
from chaingraph.graph.node_types import Scope
from chaingraph.ids import NodeId
from tests.fault.fifty_nodes import fifty_nodes
from tests.fault.ledger import BodyRun, Ledger
from tests.fault.watched_runs import effect_violation

RESULTS = "select node_id, status, attempt, detail from chaingraph.node_results where execution_id = %s"


@dataclass(frozen=True, slots=True)
class KeptRun:
    """`violation`: how the log contradicts it."""

    body: BodyRun
    pid: int
    at_ms: int
    violation: str | None


class KeptLedger(Ledger):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._looking = _Looking()

    def begin(self, scope: Scope, *, is_pure: bool, saw: Mapping[str, object]) -> None:
        body = BodyRun(scope.execution_id, scope.node_id, scope.attempt, scope.idempotency_key, is_pure, saw)
        violation = None if is_pure else self._looking.violation(body)
        run = KeptRun(body, os.getpid(), time.time_ns() // 1_000_000, violation)
        append(self._path, orjson.dumps(asdict(run)))


class _Looking:
    """Over a session of its own. A database that is away contradicts nobody."""

    def __init__(self) -> None:
        self._document = fifty_nodes()
        self._session: psycopg.Connection | None = None

    def violation(self, run: BodyRun) -> str | None:
        try:
            known = {result.node_id: result for result in self._results(run.execution_id)}
        except psycopg.Error:
            self._session = None
            return None
        own = known.get(NodeId(run.node_id))
        if own is not None and own.status is not ResultStatus.STARTED:
            return f"ran although it had {own.status}"
        return effect_violation(run, own, known, self._document)

    def _results(self, execution_id: str) -> Iterable[LoadedResult]:
        if self._session is None:
            self._session = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        for node_id, status, attempt, detail in self._session.execute(RESULTS, (execution_id,)):
            yield LoadedResult(NodeId(node_id), ResultStatus(status), attempt, detail)


def append(path: Path, line: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, line + b"\n")
    finally:
        os.close(file)


def read_ledger(path: Path) -> Sequence[KeptRun]:
    """The lines that are whole."""
    *lines, _ = path.read_bytes().split(b"\n") if path.exists() else [b""]
    return [_kept(orjson.loads(line)) for line in lines]


def _kept(line: dict[str, object]) -> KeptRun:
    return KeptRun(**{**line, "body": BodyRun(**line["body"])})  # pyright: ignore[reportArgumentType, reportCallIssue]
