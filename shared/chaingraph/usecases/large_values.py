"""Large values of ports are kept outside of the log: events and results hold references instead.

A value is kept before the commit that refers to it; a commit that never lands leaves a content that nobody
refers to. A value that looks like a reference is kept, too, however small: what stands in the log as a
reference is always one of ours.
"""

from dataclasses import dataclass, replace
from typing import Final

import orjson

from chaingraph.execution.commits import Checkpoint, Claim, Commit, CommitReply
from chaingraph.execution.events import Event
from chaingraph.execution.results import LoadedResult, StoredResult
from chaingraph.graph.json_types import JsonObject, object_of
from chaingraph.graph.large_values import large_value_of, reference_form
from chaingraph.ids import ExecutionId
from chaingraph.interfaces import LargeValues
from chaingraph.usecases.runs_over import RunsOver

# The JSON of a value up to this size stands in the log itself.
INLINE_BYTES: Final = 64 * 1024

# Stands in everything that holds a reference, or what looks like one.
_SIGN: Final = b'"$large"'


@dataclass
class RunsWithLargeValues(RunsOver):
    values: LargeValues
    inline_bytes: int = INLINE_BYTES

    async def load(self, claim: Claim) -> Checkpoint:
        checkpoint = await super().load(claim)
        results = [await self._recalled(claim.execution_id, result) for result in checkpoint.results]
        return replace(checkpoint, results=tuple(results))

    async def commit(self, claim: Claim, commit: Commit, *, lease_ms: int) -> CommitReply:
        events = [await self._lighter_event(claim.execution_id, event) for event in commit.events]
        results = [await self._lighter_result(claim.execution_id, result) for result in commit.results]
        lighter = replace(commit, events=tuple(events), results=tuple(results))
        return await super().commit(claim, lighter, lease_ms=lease_ms)

    async def _lighter_event(self, execution_id: ExecutionId, event: Event) -> Event:
        payload = await self._lighter(execution_id, event.payload)
        return event if payload is event.payload else event._replace(payload=payload)

    async def _lighter_result(self, execution_id: ExecutionId, result: StoredResult) -> StoredResult:
        detail = await self._lighter(execution_id, result.detail)
        return result if detail is result.detail else replace(result, detail=detail)

    async def _lighter(self, execution_id: ExecutionId, encoded: bytes) -> bytes:
        """The same bytes where nothing in it is large: most are looked at, and not read."""
        if len(encoded) <= self.inline_bytes and _SIGN not in encoded:
            return encoded
        opened = object_of(orjson.loads(encoded))
        values = object_of(opened.get("values"))
        kept = {port: await self._form(execution_id, value) for port, value in values.items()}
        return encoded if kept == values else orjson.dumps({**opened, "values": kept})

    async def _form(self, execution_id: ExecutionId, value: object) -> object:
        content = orjson.dumps(value)
        if len(content) <= self.inline_bytes and large_value_of(value) is None:
            return value
        return reference_form(await self.values.keep(execution_id, content))

    async def _recalled(self, execution_id: ExecutionId, result: LoadedResult) -> LoadedResult:
        values = object_of(result.detail.get("values"))
        found: JsonObject = {}
        for port, form in values.items():
            large = large_value_of(form)
            if large is not None:
                found[port] = orjson.loads(await self.values.read(execution_id, large))
        return replace(result, detail={**result.detail, "values": {**values, **found}}) if found else result
