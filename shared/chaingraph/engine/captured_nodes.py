"""Nodes that another node uses as its tools: their bodies run inside of its own, with its arguments.

Whoever gives the arguments may be a language model, so they are treated as a stranger's: they reach only
ports that are neither wired nor secret, they are checked as a stored value is, and they name no secret. What
comes back shows no secret that the body has read.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol
from zlib import crc32

import orjson

from chaingraph.engine.bodies import problem_of, shown
from chaingraph.engine.node_run import NodeRun
from chaingraph.engine.run import Run
from chaingraph.errors import Problem, Rejected, rejected
from chaingraph.graph.constraints import constraint_problems
from chaingraph.graph.flow import Direction, Port
from chaingraph.graph.json_types import is_list, is_object, object_of
from chaingraph.graph.missing import MISSING
from chaingraph.graph.node_types import Scope
from chaingraph.graph.redaction import redacted, without_words
from chaingraph.graph.secrets import reference_of
from chaingraph.graph.stored_values import read_value
from chaingraph.graph.values import assigned, copied, run_value, stored_form
from chaingraph.ids import PortId

# What no argument can be.
CLOSED_KINDS = frozenset({"secret", "stream"})
# What is shorter is no secret, and stands in many words.
SHORTEST_SECRET = 4


class ListeningScope(Scope, Protocol):
    @property
    def words(self) -> Iterable[str]:
        """Of all secrets that were revealed."""
        ...


class CapturedRun:
    """A `CapturedNode`. `scope_of`: what a body sees in the call of that name."""

    def __init__(self, node: NodeRun, scope_of: Callable[[str], ListeningScope]) -> None:
        self._node = node
        self._scope_of = scope_of

    @property
    def title(self) -> str:
        metadata = object_of(self._node.plan.node.document.get("metadata"))
        return str(metadata.get("title") or self._node.plan.node.definition.title)

    @property
    def description(self) -> str:
        metadata = object_of(self._node.plan.node.document.get("metadata"))
        return str(metadata.get("description") or self._node.plan.node.definition.__doc__ or "")

    @property
    def inputs(self) -> Mapping[str, Mapping[str, object]]:
        return {port.key: port.config for port in self._open_ports()}

    async def run(self, arguments: Mapping[str, object], ordinal: int) -> Mapping[str, object]:
        values = self._values_with(arguments)
        scope = self._scope_of(_name_of_call(arguments, ordinal))
        try:
            waiting = self._node.plan.node.definition(values).run(scope)
            if waiting is not None:
                await waiting
            outputs = self._outputs(values)
        except Exception as error:  # noqa: BLE001 - a body may raise anything: it is the tool that fails
            raise Rejected(str(_shown(problem_of(error), scope.words))) from None
        return object_of(_shown(outputs, scope.words))

    def _open_ports(self) -> list[Port]:
        wired = {link.target_root for link in self._node.plan.incoming}
        ports = self._node.plan.node.ports.values()
        return [
            port
            for port in ports
            if port.direction is not Direction.OUTPUT
            and port.id not in wired
            and port.kind not in CLOSED_KINDS
        ]

    def _values_with(self, arguments: Mapping[str, object]) -> dict[PortId, object]:
        """The values that came over edges and those of the document, and the arguments instead of some."""
        node = self._node
        if not node.values:
            node.load_values()
        values = {port: copied(value) for port, value in node.values.items()}
        ports = {port.key: port for port in self._open_ports()}
        problems: list[Problem] = []
        for key, argument in arguments.items():
            if key not in ports:
                problems.append(Problem(key, "there is no such argument"))
                continue
            port = ports[key]
            given = run_value(port, _checked(port, argument, problems))
            values[port.id] = assigned(port, values.get(port.id, MISSING), (), given)
        if problems:
            raise rejected(problems)
        return values

    def _outputs(self, values: Mapping[PortId, object]) -> Mapping[str, object]:
        """Of a node that only passes values through, those."""
        ports = [port for port in self._node.plan.node.ports.values() if port.kind != "secret"]
        outputs = [port for port in ports if port.direction is Direction.OUTPUT]
        given = outputs or [port for port in ports if port.direction is Direction.PASSTHROUGH]
        return {port.key: self._form(port, values.get(port.id, MISSING)) for port in given}

    def _form(self, port: Port, value: object) -> object:
        form = stored_form(port, value)
        redact = self._node.plan.redactions.get(port.id)
        return form if redact is None else shown(redact, form)


def captured_node(run: Run, node_id: str) -> NodeRun:
    """The captured node of this id."""
    for node in run.nodes:
        if node.plan.node.id == node_id and node.plan.is_captured:
            return node
    raise Rejected(f"node {node_id} is not in this flow, or no other node captures it")


def _name_of_call(arguments: Mapping[str, object], ordinal: int) -> str:
    """Equal when a caller that runs again makes the same call at the same place, and only then."""
    return f"{ordinal}-{crc32(orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS)):08x}"


def _checked(port: Port, argument: object, problems: list[Problem]) -> object:
    if _names_secret(argument):
        problems.append(Problem(port.key, "an argument cannot name a secret"))
        return None
    value = read_value(port, argument, port.key, problems)
    problems.extend(Problem(port.key, problem) for problem in constraint_problems(port, value))
    return value


def _names_secret(value: object) -> bool:
    if is_list(value):
        return any(map(_names_secret, value))
    if is_object(value):
        return reference_of(value) is not None or any(map(_names_secret, value.values()))
    return False


def _shown(value: object, words: Iterable[str]) -> object:
    return redacted(_without(value, [word for word in words if len(word) >= SHORTEST_SECRET]))


def _without(value: object, words: list[str]) -> object:
    if isinstance(value, str):
        return without_words(value, words)
    if is_list(value):
        return [_without(element, words) for element in value]
    if is_object(value):
        return {str(_without(key, words)): _without(field, words) for key, field in value.items()}
    return value
