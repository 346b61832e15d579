"""The operations of Step Functions that are served: a request's fields in, an answer's fields out."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from infra.local.workflow import refusals
from infra.local.workflow.archive import Archive, Page
from infra.local.workflow.description import Description
from infra.local.workflow.documents import JSON, LIMIT_BYTES, decode, is_too_large, printable
from infra.local.workflow.history import Teller
from infra.local.workflow.interpreter import Interpreter
from infra.local.workflow.names import (
    ROLE,
    RUN_NAME,
    machine_arn,
    run_arn,
    run_of_arn,
    run_of_token,
)
from infra.local.workflow.standing import Aborted, Failed

LONGEST_TOKEN = 2048
LONGEST_ERROR = 256
LONGEST_CAUSE = 32_768
MOST_IN_PAGE = 1000
END_OF_TIME_MS = 253_402_300_799_000

Fields: TypeAlias = dict[str, Any]
Operation: TypeAlias = Callable[[Fields], Awaitable[Fields]]


@dataclass(frozen=True, slots=True)
class Operations:
    interpreter: Interpreter
    archive: Archive

    def by_name(self) -> dict[str, Operation]:
        return {
            "StartExecution": self.start_execution,
            "DescribeExecution": self.describe_execution,
            "StopExecution": self.stop_execution,
            "SendTaskSuccess": self.send_task_success,
            "SendTaskFailure": self.send_task_failure,
            "SendTaskHeartbeat": self.send_task_heartbeat,
            "GetExecutionHistory": self.get_execution_history,
            "ListExecutions": self.list_executions,
            "DescribeStateMachine": self.describe_state_machine,
        }

    @property
    def machine(self) -> str:
        return self.interpreter.machine.name

    async def start_execution(self, fields: Fields) -> Fields:
        self._check_machine(fields)
        name = _optional_text(fields, "name", 80) or str(uuid.uuid4())
        if not RUN_NAME.fullmatch(name):
            raise refusals.invalid_name(name)
        given = _optional_text(fields, "input", LIMIT_BYTES)
        text = "{}" if given is None else given
        _parse(text, refusals.invalid_input)
        run = await self.interpreter.start(name, text)
        return {"executionArn": self._arn(run), "startDate": run.started_at_ms / 1000}

    async def describe_execution(self, fields: Fields) -> Fields:
        run = await self._find(fields)
        return {
            **self._summary(run),
            "input": run.input,
            "inputDetails": {"included": True},
            **_given(output=run.output, error=run.error, cause=run.cause),
            **({} if run.output is None else {"outputDetails": {"included": True}}),
        }

    async def stop_execution(self, fields: Fields) -> Fields:
        name = self._run_name(fields)
        reason = Aborted(error=_error(fields), cause=_cause(fields))
        run = await self.interpreter.stop(name, reason) or await self._find(fields)
        return {"stopDate": (run.stopped_at_ms or 0) / 1000}

    async def send_task_success(self, fields: Fields) -> Fields:
        token = _text(fields, "taskToken", LONGEST_TOKEN)
        output = _parse(_text(fields, "output", LIMIT_BYTES), refusals.invalid_output)
        if not await self.interpreter.answer(token, output):
            raise await self._refusal(token)
        return {}

    async def send_task_failure(self, fields: Fields) -> Fields:
        token = _text(fields, "taskToken", LONGEST_TOKEN)
        failure = Failed(error=_error(fields) or "", cause=_cause(fields) or "")
        if not await self.interpreter.fail(token, failure):
            raise await self._refusal(token)
        return {}

    async def send_task_heartbeat(self, fields: Fields) -> Fields:
        token = _text(fields, "taskToken", LONGEST_TOKEN)
        if not await self.interpreter.holds(token):
            raise await self._refusal(token)
        return {}

    async def get_execution_history(self, fields: Fields) -> Fields:
        run = await self._find(fields)
        events = list(Teller(decode(run.input)).tell(await self.archive.history(run.name)))
        if fields.get("reverseOrder") is True:
            events.reverse()
        first, limit = int(_optional_text(fields, "nextToken", 1024) or 0), _page_size(fields)
        more = {"nextToken": str(first + limit)} if first + limit < len(events) else {}
        return {"events": events[first : first + limit], **more}

    async def list_executions(self, fields: Fields) -> Fields:
        self._check_machine(fields)
        limit = _page_size(fields)
        page_after = _optional_text(fields, "nextToken", 1024) or f"{END_OF_TIME_MS}/"
        before_ms, _, before_name = page_after.partition("/")
        page = Page(limit, int(before_ms), before_name, _optional_text(fields, "statusFilter", 20))
        runs = await self.archive.list_runs(page)
        more = {"nextToken": f"{runs[-1].started_at_ms}/{runs[-1].name}"} if len(runs) == limit else {}
        return {"executions": [self._summary(run) for run in runs], **more}

    async def describe_state_machine(self, fields: Fields) -> Fields:
        self._check_machine(fields)
        return {
            "stateMachineArn": machine_arn(self.machine),
            "name": self.machine,
            "status": "ACTIVE",
            "definition": self.interpreter.machine.definition.text,
            "roleArn": ROLE,
            "type": "STANDARD",
            "creationDate": 0,
        }

    def _check_machine(self, fields: Fields) -> None:
        arn = _text(fields, "stateMachineArn", 256)
        if arn != machine_arn(self.machine):
            raise refusals.no_such_machine(arn)

    def _run_name(self, fields: Fields) -> str:
        arn = _text(fields, "executionArn", 256)
        name = run_of_arn(self.machine, arn)
        if name is None:
            raise refusals.invalid_arn(arn)
        return name

    async def _find(self, fields: Fields) -> Description:
        name = self._run_name(fields)
        run = await self.interpreter.find(name) or await self.archive.find(name)
        if run is None:
            raise refusals.no_such_run(run_arn(self.machine, name))
        return run

    async def _refusal(self, token: str) -> refusals.Refused:
        """Why a token of a run that does not go on is refused."""
        run = await self.archive.find(run_of_token(token) or "")
        return refusals.token_is_over() if run else refusals.no_such_task()

    def _arn(self, run: Description) -> str:
        return run_arn(self.machine, run.name)

    def _summary(self, run: Description) -> Fields:
        stopped_at = {} if run.stopped_at_ms is None else {"stopDate": run.stopped_at_ms / 1000}
        return {
            "executionArn": self._arn(run),
            "stateMachineArn": machine_arn(self.machine),
            "name": run.name,
            "status": run.status,
            "startDate": run.started_at_ms / 1000,
            **stopped_at,
        }


def _parse(text: str, refuse: Callable[[str], refusals.Refused]) -> JSON:
    try:
        document = decode(text)
    except ValueError as error:
        raise refuse(str(error)) from error
    if is_too_large(document):
        raise refuse("it is too large or nested too deep")
    return document


def _text(fields: Fields, name: str, longest: int) -> str:
    text = _optional_text(fields, name, longest)
    if text is None:
        raise refusals.invalid_request(
            f"Value null at '{name}' failed to satisfy constraint: Member must not be null"
        )
    return text


def _optional_text(fields: Fields, name: str, longest: int) -> str | None:
    text = fields.get(name)
    if text is None:
        return None
    if not isinstance(text, str):
        raise refusals.invalid_request(
            f"Value at '{name}' failed to satisfy constraint: Member must be a string"
        )
    if len(text.encode()) > longest:
        raise refusals.invalid_request(
            f"Value at '{name}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {longest}"
        )
    return text


def _error(fields: Fields) -> str | None:
    error = _optional_text(fields, "error", LONGEST_ERROR)
    return None if error is None else printable(error)


def _cause(fields: Fields) -> str | None:
    cause = _optional_text(fields, "cause", LONGEST_CAUSE)
    return None if cause is None else printable(cause)


def _page_size(fields: Fields) -> int:
    size = fields.get("maxResults") or 100
    if not isinstance(size, int) or not 0 < size <= MOST_IN_PAGE:
        raise refusals.invalid_request(f"Value at 'maxResults' must be from 0 to {MOST_IN_PAGE}")
    return size


def _given(**fields: str | None) -> Fields:
    return {name: value for name, value in fields.items() if value is not None}
