"""How a run moves: from where it stands and what happened to where it stands next.

A move folds every transition up to the next task, or to the end, so that one commit can hold it. The clock,
chance and the secrets of tokens are arguments; a run is never changed here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from infra.local.workflow.definition import (
    Catcher,
    Choice,
    Integration,
    Jitter,
    Retrier,
    Rule,
    Succeed,
    Task,
)
from infra.local.workflow.documents import JSON, LIMIT_BYTES, as_object, is_too_large, printable
from infra.local.workflow.expressions import EvaluationFailed, Template
from infra.local.workflow.history import LIMIT, Event, Kind
from infra.local.workflow.names import ROLE, machine_arn, run_arn, task_token
from infra.local.workflow.plain import States
from infra.local.workflow.standing import (
    Aborted,
    Calling,
    Failed,
    InTask,
    Resting,
    Run,
    Standing,
    Succeeded,
    Waiting,
    token_of,
)
from infra.local.workflow.times import iso

TIMEOUT = "States.Timeout"
NO_CHOICE = "States.NoChoiceMatched"
EVALUATION = "States.QueryEvaluationError"
TOO_LARGE = "States.DataLimitExceeded"
RUNTIME = "States.Runtime"

LONGEST_DELAY_SECONDS = 99_999_999
# Beyond it every delay is the longest one, and before a float overflows.
MOST_DOUBLINGS = 100

# What States.ALL does not match.
FATAL = frozenset({TOO_LARGE, RUNTIME})


@dataclass(frozen=True, slots=True)
class Moment:
    now_ms: int
    random: Callable[[], float]
    secret: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Move:
    """`first_event` is the id of the first of the new events."""

    standing: Standing
    first_event: int
    events: list[Event]


def begin(run: Run, moment: Moment) -> Move:
    fold = _Fold(run, moment, run.input, recorded=0)
    return fold.move(fold.begin)


def answered(run: Run, at: InTask, result: JSON, moment: Moment) -> Move:
    """The task's function, or who had its token, gave the result."""
    fold = _continue(run, at, moment)
    return fold.move(lambda: fold.succeed(at, result))


def failed(run: Run, at: InTask, failure: Failed, moment: Moment) -> Move:
    fold = _continue(run, at, moment)
    return fold.move(lambda: fold.fail(at, Kind.TASK_FAILED, failure))


def timed_out(run: Run, at: InTask, moment: Moment) -> Move:
    fold = _continue(run, at, moment)
    return fold.move(lambda: fold.fail(at, Kind.TASK_TIMED_OUT, Failed(error=TIMEOUT, cause="")))


def rested(run: Run, at: InTask, moment: Moment) -> Move:
    fold = _continue(run, at, moment)
    return fold.move(lambda: fold.attempt(at))


def submitted(run: Run, at: InTask, result: JSON, moment: Moment) -> Move:
    """The function that was given a token has returned."""
    fold = _continue(run, at, moment)
    return fold.move(lambda: fold.wait(at, result))


def aborted(run: Run, at: InTask, reason: Aborted, moment: Moment) -> Move:
    fold = _continue(run, at, moment)
    return fold.move(lambda: fold.abort(reason))


def _continue(run: Run, at: InTask, moment: Moment) -> "_Fold":
    return _Fold(run, moment, at.input, recorded=at.events)


class _Stop(Exception):
    """The run ends: nothing catches this error."""

    def __init__(self, failure: Failed) -> None:
        super().__init__(failure.cause)
        self.failure = failure


class _TaskFailure(Exception):
    """The task fails: its Retry and Catch decide."""

    def __init__(self, kind: Kind, failure: Failed) -> None:
        super().__init__(failure.cause)
        self.kind = kind
        self.failure = failure


class _Fold:
    """Gathers the events of one move; `document` is the one that the history told last."""

    def __init__(self, run: Run, moment: Moment, document: JSON, *, recorded: int) -> None:
        self.run = run
        self.moment = moment
        self.document = document
        self.recorded = recorded
        self.events: list[Event] = []

    def move(self, fold: Callable[[], Standing]) -> Move:
        first_event = self.recorded + 1
        try:
            standing = fold()
        except _Stop as stop:
            standing = stop.failure
            self._append(Kind.EXECUTION_FAILED, standing.error, standing.cause)
        return Move(standing=standing, first_event=first_event, events=self.events)

    def begin(self) -> Standing:
        self._append(Kind.EXECUTION_STARTED)
        return self._enter(self.run.definition.start_at, self.document)

    def succeed(self, at: InTask, result: JSON) -> Standing:
        task = self.run.definition.task(at.state)
        try:
            self._check_size(result, "The task's result")
            self._record(Kind.TASK_SUCCEEDED, result)
            states = self._states(at, {"result": result})
            output = result if task.output is None else _evaluate(task.output, states)
            self._check_size(output, "The state's output")
        except _TaskFailure as failure:
            return self.fail(at, failure.kind, failure.failure)
        self._pass_on(Kind.TASK_STATE_EXITED, at.state, output)
        return self._enter(task.next, output)

    def fail(self, at: InTask, kind: Kind, failure: Failed) -> Standing:
        self._record(kind, failure.error, failure.cause)
        task = self.run.definition.task(at.state)
        for place, retrier in enumerate(task.retriers):
            if _matches(retrier.errors, failure.error):
                if at.failures[place] < retrier.max_attempts:
                    return self._rest(at, place, retrier)
                break
        for catcher in task.catchers:
            if _matches(catcher.errors, failure.error):
                return self._catch(at, catcher, failure)
        raise _Stop(failure)

    def attempt(self, at: InTask) -> Standing:
        try:
            return self._schedule(at, self.run.definition.task(at.state))
        except _TaskFailure as failure:
            return self.fail(at, failure.kind, failure.failure)

    def wait(self, at: InTask, result: JSON) -> Standing:
        token = token_of(at)
        if token is None or not isinstance(at.phase, Calling):
            raise TypeError(f"{self.run.name} waits for no token")
        self._record(Kind.TASK_SUBMITTED, result)
        return replace(at, phase=Waiting(token=token, deadline_ms=at.phase.deadline_ms), events=self.recorded)

    def abort(self, reason: Aborted) -> Standing:
        self._append(Kind.EXECUTION_ABORTED, reason.error, reason.cause)
        return reason

    def _enter(self, name: str, document: JSON) -> Standing:
        while True:
            match self.run.definition.states[name]:
                case Choice() as choice:
                    name = self._choose(name, choice, document)
                case Succeed():
                    return self._finish(name, document)
                case Task() as task:
                    return self._enter_task(name, task, document)

    def _choose(self, name: str, choice: Choice, document: JSON) -> str:
        self._pass_on(Kind.CHOICE_STATE_ENTERED, name, document)
        at = self._at(name, document, retriers=0)
        target = next((rule.next for rule in choice.rules if self._is_true(rule, at)), choice.default)
        if target is None:
            raise _Stop(Failed(error=NO_CHOICE, cause=f"No choice of the state '{name}' matches its input."))
        self._pass_on(Kind.CHOICE_STATE_EXITED, name, document)
        return target

    def _is_true(self, rule: Rule, at: InTask) -> bool:
        try:
            answer = _evaluate(rule.condition, self._states(at, {}))
        except _TaskFailure as failure:
            self._record(failure.kind, failure.failure.error, failure.failure.cause)
            raise _Stop(failure.failure) from failure
        if not isinstance(answer, bool):
            raise _Stop(Failed(error=EVALUATION, cause="A condition must be true or false."))
        return answer

    def _finish(self, name: str, document: JSON) -> Standing:
        self._pass_on(Kind.SUCCEED_STATE_ENTERED, name, document)
        self._pass_on(Kind.SUCCEED_STATE_EXITED, name, document)
        self._append(Kind.EXECUTION_SUCCEEDED)
        return Succeeded(output=document)

    def _enter_task(self, name: str, task: Task, document: JSON) -> Standing:
        self._pass_on(Kind.TASK_STATE_ENTERED, name, document)
        return self.attempt(self._at(name, document, retriers=len(task.retriers)))

    def _schedule(self, at: InTask, task: Task) -> Standing:
        token = self._new_token() if task.integration is Integration.TOKEN else None
        states = self._states(at, {}, token=token)
        arguments = as_object(_evaluate(task.arguments, states))
        timeout = None if task.timeout is None else _seconds(_evaluate(task.timeout, states))
        self._check_size(arguments, "The task's payload")
        self._record(Kind.TASK_SCHEDULED, arguments, timeout, _resource(task.integration))
        self._record(Kind.TASK_STARTED)
        calling = Calling(
            function=str(arguments["FunctionName"]),
            payload=arguments.get("Payload", {}),
            token=token,
            deadline_ms=None if timeout is None else self.moment.now_ms + timeout * 1000,
        )
        return replace(at, phase=calling, events=self.recorded)

    def _rest(self, at: InTask, place: int, retrier: Retrier) -> Standing:
        delay = _delay_seconds(retrier, at.failures[place])
        if retrier.jitter is Jitter.FULL:
            delay *= self.moment.random()
        failures = tuple(count + (place == each) for each, count in enumerate(at.failures))
        resting = Resting(until_ms=self.moment.now_ms + round(delay * 1000))
        return replace(at, failures=failures, phase=resting, events=self.recorded)

    def _catch(self, at: InTask, catcher: Catcher, failure: Failed) -> Standing:
        caught: JSON = {"Error": failure.error, "Cause": failure.cause}
        output = caught
        if catcher.output is not None:
            try:
                output = _evaluate(catcher.output, self._states(at, {"errorOutput": caught}))
                self._check_size(output, "The state's output")
            except _TaskFailure as second:
                self._record(second.kind, second.failure.error, second.failure.cause)
                raise _Stop(second.failure) from second
        self._pass_on(Kind.TASK_STATE_EXITED, at.state, output)
        return self._enter(catcher.next, output)

    def _at(self, name: str, document: JSON, *, retriers: int) -> InTask:
        return InTask(
            state=name,
            input=document,
            entered_at_ms=self.moment.now_ms,
            failures=(0,) * retriers,
            phase=Resting(until_ms=self.moment.now_ms),
            events=self.recorded,
        )

    def _new_token(self) -> str:
        return task_token(self.run.name, self.recorded + 1, self.moment.secret())

    def _states(self, at: InTask, more: States, *, token: str | None = None) -> States:
        run = self.run
        execution: JSON = {
            "Id": run_arn(run.machine, run.name),
            "Input": run.input,
            "Name": run.name,
            "RoleArn": ROLE,
            "StartTime": iso(run.started_at_ms),
        }
        state: JSON = {
            "EnteredTime": iso(at.entered_at_ms),
            "Name": at.state,
            "RetryCount": sum(at.failures),
        }
        machine: JSON = {"Id": machine_arn(run.machine), "Name": run.machine}
        about: States = {"Execution": execution, "State": state, "StateMachine": machine}
        if token is not None:
            about["Task"] = {"Token": token}
        return {"input": at.input, "context": about, **more}

    def _check_size(self, document: JSON, what: str) -> None:
        if is_too_large(document):
            cause = f"{what} is larger than {LIMIT_BYTES} bytes."
            raise _TaskFailure(Kind.TASK_FAILED, Failed(error=TOO_LARGE, cause=cause))

    def _pass_on(self, kind: Kind, name: str, document: JSON) -> None:
        is_known = document is self.document
        self.document = document
        self._record(kind, *([name] if is_known else [name, document]))

    def _record(self, kind: Kind, *detail: JSON) -> None:
        if self.recorded + 1 >= LIMIT:
            cause = f"The execution reached the maximum number of history events ({LIMIT})."
            raise _Stop(Failed(error=RUNTIME, cause=cause))
        self._append(kind, *detail)

    def _append(self, kind: Kind, *detail: JSON) -> None:
        self.recorded += 1
        self.events.append((kind, self.moment.now_ms, list(detail)))


def _evaluate(template: Template, states: States) -> JSON:
    try:
        return template(states)
    except EvaluationFailed as error:
        failure = Failed(error=EVALUATION, cause=printable(str(error)))
        raise _TaskFailure(Kind.EVALUATION_FAILED, failure) from error


def _resource(integration: Integration) -> str:
    return integration.removeprefix("arn:aws:states:::lambda:")


def _seconds(value: JSON) -> int:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 1 and value == int(value):
        return int(value)
    failure = Failed(
        error=EVALUATION, cause=f"TimeoutSeconds must be a positive whole number, not {value!r}."
    )
    raise _TaskFailure(Kind.EVALUATION_FAILED, failure)


def _matches(errors: frozenset[str], error: str) -> bool:
    if error in errors:
        return True
    return ("States.ALL" in errors and error not in FATAL) or (
        "States.TaskFailed" in errors and not error.startswith("States.")
    )


def _delay_seconds(retrier: Retrier, failures: int) -> float:
    delay = retrier.interval_seconds * retrier.backoff_rate ** min(failures, MOST_DOUBLINGS)
    return min(delay, retrier.max_delay_seconds or LONGEST_DELAY_SECONDS)
