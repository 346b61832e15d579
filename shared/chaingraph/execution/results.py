"""Node results: the checkpoint from which an interrupted run resumes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chaingraph.ids import NodeId


class ResultStatus(StrEnum):
    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class StoredResult:
    """The newest result of one node, as a commit writes it; `detail` is an encoded JSON object."""

    node_id: NodeId
    status: ResultStatus
    attempt: int
    detail: bytes


@dataclass(frozen=True, slots=True)
class LoadedResult:
    """The same, read back."""

    node_id: NodeId
    status: ResultStatus
    attempt: int
    detail: Mapping[str, object]
