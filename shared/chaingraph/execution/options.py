"""The options of one run, as a client sends them at create."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

DEFAULT_MAX_CONCURRENCY = 50
DEFAULT_NODE_TIMEOUT_MS = 3_600_000
DEFAULT_FLOW_TIMEOUT_MS = 10_800_000

# 30 days in milliseconds: no wait of the workflow is longer.
MAX_TIMEOUT_MS = 2_592_000_000

Timeout = Annotated[int, Field(ge=1, le=MAX_TIMEOUT_MS)]


class OnNodeFailure(StrEnum):
    CONTINUE = "continue"
    FAIL = "fail"


class SpawnChildren(StrEnum):
    ON_EMIT = "onEmit"
    AT_END = "atEnd"


class _Options(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, strict=True
    )


class Limits(_Options):
    """Times in milliseconds."""

    max_concurrency: Annotated[int, Field(ge=1, le=1000)] = DEFAULT_MAX_CONCURRENCY
    node_timeout_ms: Timeout = DEFAULT_NODE_TIMEOUT_MS
    flow_timeout_ms: Timeout = DEFAULT_FLOW_TIMEOUT_MS


class ExecutionOptions(_Options):
    """`execution`: limits. `breakpoints`: ids of nodes before whose start the execution pauses."""

    execution: Limits = Limits()
    debug: bool = False
    breakpoints: tuple[str, ...] = Field(default=(), strict=False)
    on_node_failure: OnNodeFailure = Field(default=OnNodeFailure.CONTINUE, strict=False)
    spawn_children: SpawnChildren = Field(default=SpawnChildren.ON_EMIT, strict=False)
