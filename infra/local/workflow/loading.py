"""Reads a definition; refuses, with every problem listed, what the interpreter would not run as AWS does."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeVar

from chaingraph.errors import Problem, rejected
from infra.local.workflow.definition import (
    Catcher,
    Choice,
    Definition,
    Integration,
    Jitter,
    Retrier,
    Rule,
    State,
    Succeed,
    Task,
)
from infra.local.workflow.documents import JSON, as_object, decode
from infra.local.workflow.expressions import Template, compile_expression, compile_template, is_expression

Read = TypeVar("Read")
Fields = dict[str, JSON]

MACHINE = frozenset({"Comment", "QueryLanguage", "StartAt", "States"})
FIELDS = {
    "Choice": frozenset({"Comment", "Type", "Choices", "Default"}),
    "Task": frozenset(
        {
            "Comment",
            "Type",
            "Resource",
            "Arguments",
            "TimeoutSeconds",
            "Output",
            "Retry",
            "Catch",
            "Next",
        }
    ),
    "Succeed": frozenset({"Comment", "Type"}),
}
RULE = frozenset({"Comment", "Condition", "Next"})
RETRIER = frozenset(
    {
        "Comment",
        "ErrorEquals",
        "IntervalSeconds",
        "BackoffRate",
        "MaxDelaySeconds",
        "JitterStrategy",
        "MaxAttempts",
    }
)
CATCHER = frozenset({"Comment", "ErrorEquals", "Output", "Next"})
ARGUMENTS = frozenset({"FunctionName", "Payload"})
NOWHERE = ""


def read_definition(text: str, substitutions: Mapping[str, str]) -> Definition:
    """Raises Rejected."""
    for name, value in substitutions.items():
        text = text.replace(f"${{{name}}}", value)
    problems = Problems()
    try:
        document = as_object(decode(text))
    except ValueError as error:
        raise rejected([Problem("", f"is not JSON: {error}")]) from error
    definition = _definition(text, document, problems)
    if problems.found:
        raise rejected(problems.found)
    return definition


@dataclass(slots=True)
class Problems:
    """Collects, so that a refusal is complete; what reads a wrong part goes on with a stand-in."""

    found: list[Problem] = field(default_factory=list[Problem])

    def add(self, path: str, message: str) -> None:
        self.found.append(Problem(path, message))

    def check_fields(self, fields: Fields, allowed: Iterable[str], path: str) -> None:
        for name in fields.keys() - set(allowed):
            self.add(f"{path}.{name}", "is not supported")

    def text(self, fields: Fields, name: str, path: str) -> str:
        value = fields.get(name)
        if isinstance(value, str) and value:
            return value
        self.add(f"{path}.{name}", "must be a text")
        return NOWHERE

    def objects(self, fields: Fields, name: str, path: str) -> Iterator[tuple[Fields, str]]:
        values = fields.get(name, [])
        if not isinstance(values, list):
            self.add(f"{path}.{name}", "must be an array")
            return
        for place, value in enumerate(values):
            yield as_object(value), f"{path}.{name}[{place}]"

    def number(
        self, fields: Fields, name: str, path: str, *, within: tuple[float, float], default: float
    ) -> float:
        value = fields.get(name, default)
        least, most = within
        if isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.add(f"{path}.{name}", f"must be a number from {least:g} to {most:g}")
        return default

    def compiled(self, value: JSON, path: str, compile_value: Callable[[JSON], Template]) -> Template:
        try:
            return compile_value(value)
        except ValueError as error:
            self.add(path, str(error))
            return compile_template(None)


def _definition(text: str, document: Fields, problems: Problems) -> Definition:
    problems.check_fields(document, MACHINE, "")
    if document.get("QueryLanguage") != "JSONata":
        problems.add("QueryLanguage", "must be JSONata")
    states = as_object(document.get("States"))
    read = {name: _state(as_object(state), f"States.{name}", problems) for name, state in states.items()}
    start_at = problems.text(document, "StartAt", "")
    _check_targets(start_at, read, problems)
    return Definition(text=text, digest=sha256(text.encode()).hexdigest(), start_at=start_at, states=read)


def _state(fields: Fields, path: str, problems: Problems) -> State:
    match fields.get("Type"):
        case "Choice":
            problems.check_fields(fields, FIELDS["Choice"], path)
            return _choice(fields, path, problems)
        case "Task":
            problems.check_fields(fields, FIELDS["Task"], path)
            return _task(fields, path, problems)
        case "Succeed":
            problems.check_fields(fields, FIELDS["Succeed"], path)
        case other:
            problems.add(f"{path}.Type", f"{other!r} is not one of Choice, Task, Succeed")
    return Succeed()


def _choice(fields: Fields, path: str, problems: Problems) -> Choice:
    rules = tuple(_rule(rule, at, problems) for rule, at in problems.objects(fields, "Choices", path))
    if not rules:
        problems.add(f"{path}.Choices", "must not be empty")
    default = problems.text(fields, "Default", path) if "Default" in fields else None
    return Choice(rules=rules, default=default)


def _rule(fields: Fields, path: str, problems: Problems) -> Rule:
    problems.check_fields(fields, RULE, path)
    condition = problems.compiled(fields.get("Condition"), f"{path}.Condition", _compile_whole)
    return Rule(condition=condition, next=problems.text(fields, "Next", path))


def _compile_whole(value: JSON) -> Template:
    if isinstance(value, str) and is_expression(value):
        return compile_expression(value[2:-2].strip())
    raise ValueError("must be an expression between {% and %}")


def _task(fields: Fields, path: str, problems: Problems) -> Task:
    retry = problems.objects(fields, "Retry", path)
    catch = problems.objects(fields, "Catch", path)
    return Task(
        integration=_integration(fields, path, problems),
        arguments=_arguments(fields, path, problems),
        timeout=_timeout(fields, path, problems),
        output=_output(fields, path, problems),
        retriers=tuple(_retrier(each, at, problems) for each, at in retry),
        catchers=tuple(_catcher(each, at, problems) for each, at in catch),
        next=problems.text(fields, "Next", path),
    )


def _integration(fields: Fields, path: str, problems: Problems) -> Integration:
    resource = fields.get("Resource")
    for integration in Integration:
        if resource == integration:
            return integration
    problems.add(f"{path}.Resource", f"{resource!r} is not one of {', '.join(Integration)}")
    return Integration.ANSWER


def _arguments(fields: Fields, path: str, problems: Problems) -> Template:
    arguments = as_object(fields.get("Arguments"))
    problems.check_fields(arguments, ARGUMENTS, f"{path}.Arguments")
    function = problems.text(arguments, "FunctionName", f"{path}.Arguments")
    if "${" in function:
        problems.add(f"{path}.Arguments.FunctionName", f"nothing was given for {function}")
    return problems.compiled(arguments, f"{path}.Arguments", compile_template)


def _timeout(fields: Fields, path: str, problems: Problems) -> Template | None:
    value = fields.get("TimeoutSeconds")
    if value is None:
        return None
    if isinstance(value, str):
        return problems.compiled(value, f"{path}.TimeoutSeconds", _compile_whole)
    problems.number(fields, "TimeoutSeconds", path, within=(1, 99_999_999), default=1)
    return compile_template(value)


def _output(fields: Fields, path: str, problems: Problems) -> Template | None:
    if "Output" not in fields:
        return None
    return problems.compiled(fields["Output"], f"{path}.Output", compile_template)


def _retrier(fields: Fields, path: str, problems: Problems) -> Retrier:
    problems.check_fields(fields, RETRIER, path)
    interval = problems.number(fields, "IntervalSeconds", path, within=(1, 99_999_999), default=1)
    attempts = problems.number(fields, "MaxAttempts", path, within=(0, 99_999_999), default=3)
    longest = None
    if "MaxDelaySeconds" in fields:
        longest = problems.number(
            fields, "MaxDelaySeconds", path, within=(interval + 1, 31_622_399), default=1
        )
    return Retrier(
        errors=_errors(fields, path, problems),
        interval_seconds=int(interval),
        backoff_rate=problems.number(fields, "BackoffRate", path, within=(1, 1000), default=2),
        max_delay_seconds=None if longest is None else int(longest),
        jitter=_jitter(fields, path, problems),
        max_attempts=int(attempts),
    )


def _jitter(fields: Fields, path: str, problems: Problems) -> Jitter:
    value = fields.get("JitterStrategy", Jitter.NONE)
    for jitter in Jitter:
        if value == jitter:
            return jitter
    problems.add(f"{path}.JitterStrategy", "must be FULL or NONE")
    return Jitter.NONE


def _catcher(fields: Fields, path: str, problems: Problems) -> Catcher:
    problems.check_fields(fields, CATCHER, path)
    return Catcher(
        errors=_errors(fields, path, problems),
        next=problems.text(fields, "Next", path),
        output=_output(fields, path, problems),
    )


def _errors(fields: Fields, path: str, problems: Problems) -> frozenset[str]:
    given = fields.get("ErrorEquals")
    names = [name for name in given if isinstance(name, str)] if isinstance(given, list) else []
    if not names or names != given:
        problems.add(f"{path}.ErrorEquals", "must be an array of error names")
    if "States.ALL" in names and len(names) > 1:
        problems.add(f"{path}.ErrorEquals", "States.ALL must stand alone")
    return frozenset(names)


def _check_targets(start_at: str, states: Mapping[str, State], problems: Problems) -> None:
    if start_at not in states:
        problems.add("StartAt", f"there is no state {start_at!r}")
    for name, state in states.items():
        for target in _targets(state):
            if target not in states and target != NOWHERE:
                problems.add(f"States.{name}", f"there is no state {target!r}")
    for name in states.keys() - _reachable(start_at, states):
        problems.add(f"States.{name}", "cannot be reached")
    if not any(isinstance(state, Succeed) for state in states.values()):
        problems.add("States", "there is no state in which a run ends")


def _targets(state: State) -> list[str]:
    match state:
        case Choice():
            return [rule.next for rule in state.rules] + ([state.default] if state.default else [])
        case Task():
            return [catcher.next for catcher in state.catchers] + [state.next]
        case Succeed():
            return []


def _reachable(start_at: str, states: Mapping[str, State]) -> set[str]:
    reached: set[str] = set()
    waiting = [start_at]
    while waiting:
        name = waiting.pop()
        if name in states and name not in reached:
            reached.add(name)
            waiting.extend(_targets(states[name]))
    return reached
