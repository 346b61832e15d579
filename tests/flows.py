"""Small node types and flow documents for tests of the engine and of slices."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.kinds import number, stream, string
from chaingraph.graph.node_types import NodeType, NodeTypes, Scope

SYSTEM_PORTS = {
    "execute": {"id": "__execute", "value": True},
    "success": {"id": "__success", "value": True},
    "error": {"id": "__error", "value": False},
    "errorMessage": {"id": "__errorMessage", "value": ""},
}


class AddOne(NodeType, title="Add One", category="test", pure=True):
    """Adds one."""

    a = Input(number(default=0))
    result = Output(number())

    def run(self, scope: Scope) -> None:
        self.result = self.a + 1


class Breaks(NodeType, title="Breaks", category="test", pure=True):
    """Fails with its text."""

    a = Input(number(default=0))
    text = Input(string(default="broken"))
    result = Output(number())

    def run(self, scope: Scope) -> None:
        raise RuntimeError(self.text)


class Emits(NodeType, title="Emits", category="test", pure=True):
    """Emits its event once."""

    a = Input(number(default=0))
    name = Input(string(default="ping"))
    result = Output(number())

    def run(self, scope: Scope) -> None:
        scope.emit(self.name, {"from": scope.node_id})


class Sleeps(NodeType, title="Sleeps", category="test", pure=True):
    """Sleeps for a number of seconds; its result is how long it was."""

    a = Input(number(default=0))
    result = Output(number())

    async def run(self, scope: Scope) -> None:
        self.result = await scope.sleep(self.a)


@dataclass
class World:
    """What bodies with effects did, and gates that hold them until a test lets them go."""

    effects: list[str] = field(default_factory=list[str])
    failures: dict[str, int] = field(default_factory=dict[str, int])
    keys: list[str] = field(default_factory=list[str])
    gates: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    reached: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])

    def gate(self, node_id: str) -> asyncio.Event:
        return self.gates.setdefault(node_id, asyncio.Event())

    def arrival(self, node_id: str) -> asyncio.Event:
        return self.reached.setdefault(node_id, asyncio.Event())


def node_types(world: World) -> NodeTypes:
    """The node types above, and three whose bodies touch this world."""
    return NodeTypes.of(
        AddOne, Breaks, Emits, Sleeps, _effect(world), _fails(world), _gated(world), _sends(world)
    )


def _effect(world: World) -> type[NodeType]:
    class Effect(NodeType, title="Effect", category="test"):
        """Has an effect outside."""

        a = Input(number(default=0))
        result = Output(number())

        def run(self, scope: Scope) -> None:
            world.effects.append(scope.node_id)
            world.keys.append(scope.idempotency_key)
            self.result = self.a + 1

    return Effect


def _fails(world: World) -> type[NodeType]:
    class Fails(NodeType, title="Fails", category="test"):
        """Fails as often as the test wants."""

        a = Input(number(default=0))
        result = Output(number())

        def run(self, scope: Scope) -> None:
            world.keys.append(scope.idempotency_key)
            world.failures[scope.node_id] = world.failures.get(scope.node_id, 0) - 1
            if world.failures[scope.node_id] >= 0:
                raise RuntimeError("not yet")

    return Fails


def _gated(world: World) -> type[NodeType]:
    class Gated(NodeType, title="Gated", category="test", pure=True):
        """Waits until the test opens its gate."""

        a = Input(number(default=0))
        result = Output(number())

        async def run(self, scope: Scope) -> None:
            world.arrival(scope.node_id).set()
            await world.gate(scope.node_id).wait()
            self.result = self.a + 1

    return Gated


def _sends(world: World) -> type[NodeType]:
    class Sends(NodeType, title="Sends", category="test", pure=True):
        """Sends two texts to a stream, the second after its gate has opened."""

        a = Input(number(default=0))
        out = Output(stream(string()))
        result = Output(number())

        async def run(self, scope: Scope) -> None:
            scope.resolve("out")
            self.out.send("one")
            world.arrival(scope.node_id).set()
            await world.gate(scope.node_id).wait()
            self.out.send("two")
            self.out.close()

    return Sends


def node(
    node_id: str, type_: str = "AddOne", values: Mapping[str, object] | None = None, **more: object
) -> dict[str, object]:
    """A stored node of one of the types above, with its declared ports."""
    declared = {
        "a": ("number", "input"),
        "text": ("string", "input"),
        "name": ("string", "input"),
        "out": ("stream", "output"),
        "result": ("number", "output"),
    }
    wanted = PORTS[type_]
    ports = [_port(port, *declared[port], order, values or {}) for order, port in enumerate(wanted, 1)]
    return {
        "id": node_id,
        "type": type_,
        "metadata": {"type": type_, "title": node_id, **more},
        "status": "initialized",
        "systemPorts": SYSTEM_PORTS,
        "ports": ports,
        "schemaVersion": "v2",
    }


PORTS = {
    "AddOne": ("a", "result"),
    "Breaks": ("a", "text", "result"),
    "Emits": ("a", "name", "result"),
    "Effect": ("a", "result"),
    "Fails": ("a", "result"),
    "Gated": ("a", "result"),
    "Sends": ("a", "out", "result"),
    "Sleeps": ("a", "result"),
}
DEFAULTS: Mapping[str, object] = {"a": 0, "text": "broken", "name": "ping"}


def _port(
    port: str, kind: str, direction: str, order: int, values: Mapping[str, object]
) -> dict[str, object]:
    config: dict[str, object] = {
        "id": port,
        "key": port,
        "type": kind,
        "direction": direction,
        "order": order,
    }
    if kind == "stream":
        config["itemConfig"] = {"type": "string"}
    value = values.get(port, DEFAULTS.get(port))
    return {"config": config} if value is None else {"config": config, "value": value}


def edge(source: str, target: str) -> dict[str, object]:
    """`edge("a.result", "b.a")`."""
    source_node, source_port = source.split(".", 1)
    target_node, target_port = target.split(".", 1)
    return {
        "id": f"{source}->{target}",
        "sourceNodeId": source_node,
        "sourcePortId": source_port,
        "targetNodeId": target_node,
        "targetPortId": target_port,
        "metadata": {},
    }


def document(
    nodes: Iterable[Mapping[str, object]], edges: Iterable[Mapping[str, object]] = ()
) -> dict[str, object]:
    return {
        "id": "V2test",
        "metadata": {"id": "V2test", "name": "Test", "schemaVersion": "v2"},
        "nodes": [*nodes],
        "edges": [*edges],
    }


def chain(length: int, type_: str = "AddOne") -> dict[str, object]:
    """n0 → n1 → … of one type."""
    nodes = [node(f"n{place}", type_) for place in range(length)]
    edges = [edge(f"n{place}.result", f"n{place + 1}.a") for place in range(length - 1)]
    return document(nodes, edges)
