"""Handlebars templates filled with values, without escaping.

Known are paths, `this`, `../`, `@index`, `@key`, `@first`, `@last`, `@root`, block parameters,
subexpressions, white space control, `if`, `unless`, `each`, `with`, `lookup`, `log`, `json`, `yaml`, `yml`,
`uppercase` and `lowercase`. A template that renders too much is refused.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.json_texts import indented_json, script_keys
from chaingraph.graph.json_types import JsonObject, is_list, is_object
from chaingraph.graph.missing import MISSING
from chaingraph.nodes.handlebars_syntax import Block, Call, Expression, Literal, Part, Path, Text, parsed
from chaingraph.nodes.script_values import as_text
from chaingraph.nodes.value_paths import found_at

MAX_STEPS: Final = 50_000
MAX_LENGTH: Final = 5_000_000


def rendered(template: str, variables: JsonObject) -> str:
    """The filled template; `Rejected` where it is malformed or names an unknown helper."""
    scope = _Scope(value=variables, outer=None, variables={"root": variables}, names={})
    return "".join(_Renderer().parts(parsed(template), scope))


@dataclass(frozen=True, slots=True)
class _Scope:
    """What names mean in one place of a template."""

    value: object
    outer: "_Scope | None"
    variables: Mapping[str, object]
    names: Mapping[str, object]

    def inner(self, value: object, names: Mapping[str, object], **variables: object) -> "_Scope":
        return _Scope(value, self, {**self.variables, **variables}, {**self.names, **names})


class _Renderer:
    def __init__(self) -> None:
        self._steps = 0
        self._length = 0

    def parts(self, parts: Sequence[Part], scope: _Scope) -> Iterator[str]:
        for part in parts:
            self._count(1)
            match part:
                case Text(text):
                    yield self._measured(text)
                case Block():
                    yield from self._block(part, scope)
                case Call():
                    yield self._measured(as_text(self._value(part, scope)))

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise Rejected("Template error: it renders too much")

    def _measured(self, text: str) -> str:
        self._length += len(text)
        if self._length > MAX_LENGTH:
            raise Rejected("Template error: its text is too long")
        return text

    def _block(self, block: Block, scope: _Scope) -> Iterator[str]:
        call = block.call
        name = call.subject.text if isinstance(call.subject, Path) else ""
        subject = self._value(call.arguments[0], scope) if call.arguments else self._value(call, scope)
        match name if call.arguments else "":
            case "if":
                is_shown = _is_shown(subject) or (
                    subject == 0 and self._option(call, "includeZero", scope) is True
                )
                yield from self.parts(block.body if is_shown else block.otherwise, scope)
            case "unless":
                yield from self.parts(block.otherwise if _is_shown(subject) else block.body, scope)
            case "each":
                yield from self._each(block, subject, scope)
            case "with":
                yield from self._with(block, subject, scope)
            case "":
                yield from self._plain(block, subject, scope)
            case _:
                raise Rejected(f'Template error: missing helper "{name}"')

    def _option(self, call: Call, name: str, scope: _Scope) -> object:
        return next((self._value(value, scope) for option, value in call.options if option == name), None)

    def _plain(self, block: Block, subject: object, scope: _Scope) -> Iterator[str]:
        """A block named after a value: once for each element, with an object, or if it is true."""
        if is_list(subject):
            yield from self._each(block, subject, scope)
        elif subject is True:
            yield from self.parts(block.body, scope)
        elif subject is None or subject is False:
            yield from self.parts(block.otherwise, scope)
        else:
            yield from self._with(block, subject, scope)

    def _with(self, block: Block, subject: object, scope: _Scope) -> Iterator[str]:
        if not _is_shown(subject):
            yield from self.parts(block.otherwise, scope)
            return
        names = dict(zip(block.call.names, (subject,), strict=False))
        yield from self.parts(block.body, scope.inner(subject, names))

    def _each(self, block: Block, subject: object, scope: _Scope) -> Iterator[str]:
        entries = _entries(subject)
        if not entries:
            yield from self.parts(block.otherwise, scope)
        for place, (key, element) in enumerate(entries):
            names = dict(zip(block.call.names, (element, key), strict=False))
            variables = {"index": place, "key": key, "first": place == 0, "last": place == len(entries) - 1}
            self._count(1)
            yield from self.parts(block.body, scope.inner(element, names, **variables))

    def _value(self, expression: Expression, scope: _Scope) -> object:
        match expression:
            case Literal(value):
                return value
            case Path():
                return _found(expression, scope)
            case Call(subject, ()):
                return self._value(subject, scope)
            case Call():
                return self._helped(expression, scope)

    def _helped(self, call: Call, scope: _Scope) -> object:
        name = call.subject.text if isinstance(call.subject, Path) else "?"
        function = _HELPERS.get(name)
        if function is None:
            raise Rejected(f'Template error: missing helper "{name}"')
        return function([self._value(argument, scope) for argument in call.arguments])


def _entries(subject: object) -> list[tuple[object, object]]:
    if is_list(subject):
        return list(enumerate(subject))
    return [(key, subject[key]) for key in script_keys(subject)] if is_object(subject) else []


def _is_shown(value: object) -> bool:
    """False, 0, null and whatever is empty but an object hide a block."""
    return is_object(value) or bool(value)


def _found(path: Path, scope: _Scope) -> object:
    for _ in range(path.levels):
        if scope.outer is None:
            return None
        scope = scope.outer
    if path.is_variable:
        value, steps = scope.variables, path.steps
        found = found_at(value.get(steps[0], MISSING), steps[1:]) if steps else MISSING
    elif path.steps and not path.levels and path.steps[0] in scope.names:
        found = found_at(scope.names[path.steps[0]], path.steps[1:])
    else:
        found = found_at(scope.value, path.steps)
    return None if found is MISSING else found


def _yaml(arguments: Sequence[object]) -> str:
    from chaingraph.nodes.yaml_texts import yaml_text  # noqa: PLC0415 - few templates write YAML

    return yaml_text(arguments[0])


def _lookup(arguments: Sequence[object]) -> object:
    found = found_at(arguments[0], [as_text(step) for step in arguments[1:2]])
    return None if found is MISSING else found


_HELPERS: Final[Mapping[str, Callable[[Sequence[object]], object]]] = {
    "json": lambda arguments: indented_json(arguments[0]),
    "yaml": _yaml,
    "yml": _yaml,
    "uppercase": lambda arguments: as_text(arguments[0]).upper(),
    "lowercase": lambda arguments: as_text(arguments[0]).lower(),
    "lookup": _lookup,
    "log": lambda _: "",
}
