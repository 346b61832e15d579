"""Calls the sweep as EventBridge would: on a schedule, and when a run has ended."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from chaingraph.errors import Unavailable
from infra.local.workers.failures import FunctionFailed
from infra.local.workflow.description import Description
from infra.local.workflow.interpreter import Invoke
from infra.local.workflow.names import ACCOUNT, REGION, machine_arn, run_arn
from infra.local.workflow.times import iso

logger = logging.getLogger(__name__)

FUNCTION = "sweep"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/sweep"
FIRST_REPEAT_SECONDS = 1.0
LONGEST_REPEAT_SECONDS = 60.0

Payload: TypeAlias = Mapping[str, object]
Deliveries: TypeAlias = Callable[[Payload], Sequence[timedelta]]


def once_at_once(_: Payload) -> Sequence[timedelta]:
    return (timedelta(0),)


@dataclass(frozen=True, slots=True)
class Reports:
    """`deliveries` says when each status-change event arrives: several times, late, or never."""

    machine: str
    invoke: Invoke
    clock: Callable[[], int]
    deliveries: Deliveries
    forget: Callable[[str], Awaitable[None]]

    async def deliver(self, run: Description) -> None:
        """Report an end until it has arrived as often as it shall."""
        payload = self._status_change(run)
        async with asyncio.TaskGroup() as tasks:
            for delay in self.deliveries(payload):
                tasks.create_task(self._deliver_after(delay, payload))
        await self._forget(run.name)

    async def tick_forever(self, interval: timedelta) -> None:
        while True:
            await self._call(self._scheduled())
            await asyncio.sleep(interval.total_seconds())

    async def _deliver_after(self, delay: timedelta, payload: Payload) -> None:
        await asyncio.sleep(delay.total_seconds())
        pause = FIRST_REPEAT_SECONDS
        while not await self._call(payload):
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_REPEAT_SECONDS)

    async def _call(self, payload: Payload) -> bool:
        try:
            await self.invoke(FUNCTION, payload)
        except FunctionFailed as error:
            logger.warning("the sweep failed", extra={"error": str(error)})
            return False
        return True

    async def _forget(self, name: str) -> None:
        try:
            await self.forget(name)
        except Unavailable:
            logger.warning("an end is going to be reported again", extra={"run": name})

    def _scheduled(self) -> Payload:
        return self._event("Scheduled Event", "aws.events", RULE, {})

    def _status_change(self, run: Description) -> Payload:
        arn = run_arn(self.machine, run.name)
        detail = {
            "executionArn": arn,
            "stateMachineArn": machine_arn(self.machine),
            "name": run.name,
            "status": run.status,
            "startDate": run.started_at_ms,
            "stopDate": run.stopped_at_ms,
            "input": run.input,
            "output": run.output,
            "stateMachineVersionArn": None,
            "stateMachineAliasArn": None,
            "redriveCount": 0,
            "redriveDate": None,
            "redriveStatus": "NOT_REDRIVABLE" if run.status == "SUCCEEDED" else "REDRIVABLE",
            "inputDetails": {"included": True},
            "outputDetails": None if run.output is None else {"included": True},
            "error": run.error,
            "cause": run.cause,
        }
        return self._event("Step Functions Execution Status Change", "aws.states", arn, detail)

    def _event(self, kind: str, source: str, resource: str, detail: Payload) -> Payload:
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": kind,
            "source": source,
            "account": ACCOUNT,
            "time": iso(self.clock() // 1000 * 1000).replace(".000Z", "Z"),
            "region": REGION,
            "resources": [resource],
            "detail": detail,
        }
