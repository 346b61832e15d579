"""A new execution of a flow document in a running system."""

import asyncio
from collections.abc import Sequence

import orjson

from chaingraph.cli.api import Api
from chaingraph.cli.following import Stream
from chaingraph.cli.stored_flows import store_flow
from chaingraph.errors import Rejected
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.status import Status
from chaingraph.graph.json_types import JsonObject


def new_execution(
    document: bytes, event: ExternalEvent | None, breakpoints: Sequence[str], api: Api
) -> Stream:
    """Store the flow and create the execution. It starts when its events are subscribed to."""
    events = [] if event is None else [{"eventName": event.name, "payload": event.payload}]
    asked: JsonObject = {"flowId": store_flow(document, api), "events": events}
    if breakpoints:
        asked["options"] = {"breakpoints": [*breakpoints]}
    execution_id = str(api.post("executions", body=orjson.dumps(asked))["executionId"])
    return Stream(execution_id, on_subscribed=_Start(execution_id, api))


def has_completed(execution_id: str, api: Api) -> bool:
    return api.get("executions", execution_id)["status"] == Status.COMPLETED


class _Start:
    """Starts an execution, once: when a stream is subscribed to again there is nothing left to do.

    After an answer that was lost a refusal tells that the execution had started, or could not: its events
    say which.
    """

    def __init__(self, execution_id: str, api: Api) -> None:
        self._execution_id = execution_id
        self._api = api
        self._is_asked = False
        self._is_done = False

    async def __call__(self) -> None:
        if self._is_done:
            return
        was_asked, self._is_asked = self._is_asked, True
        try:
            await asyncio.to_thread(self._api.post, "executions", self._execution_id, "start")
        except Rejected:
            if not was_asked:
                raise
        self._is_done = True
