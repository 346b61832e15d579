"""Taking a value over an edge: the checks on its source, the copy, the constraints of its target."""

from chaingraph.engine.node_run import NodeRun, Phase
from chaingraph.engine.plan import SYSTEM_POSITION, Link
from chaingraph.errors import Rejected
from chaingraph.graph.casts import cast_value
from chaingraph.graph.constraints import constraint_problems
from chaingraph.graph.missing import MISSING
from chaingraph.graph.values import assigned, copied, value_at

UNUSABLE = frozenset({"error", "skipped", "disposed"})


def transfer(link: Link, source: NodeRun, target: NodeRun) -> str | None:
    """Set the target's value. Answers why that is not possible, or None."""
    if not link.from_error_port and (problem := _source_problem(source)) is not None:
        return problem
    if link.is_plain and not link.is_checked and not link.is_required:
        _take_plain(link, source, target)
        return None
    return _take_checked(link, source, target)


def _source_problem(source: NodeRun) -> str | None:
    if source.status in UNUSABLE:
        return f"Source node {source.plan.node.id} has status {source.status}"
    if source.system[2] is True:
        return f"Source node {source.plan.node.id} has failed"
    if source.system[1] is not True:
        return f"Source node {source.plan.node.id} did not succeed"
    return None


def _take_plain(link: Link, source: NodeRun, target: NodeRun) -> None:
    value = (
        _values(source).get(link.source_root, MISSING) if link.source_root not in SYSTEM_POSITION else MISSING
    )
    if link.source_root in SYSTEM_POSITION:
        value = source.system[SYSTEM_POSITION[link.source_root]]
    if value is MISSING:
        target.values.pop(link.target_root, None)
    else:
        target.values[link.target_root] = copied(value)


def _take_checked(link: Link, source: NodeRun, target: NodeRun) -> str | None:
    value = source_value(link, source)
    if link.casts_to is not None:
        try:
            value = cast_value(link.casts_to, value)
        except Rejected as refusal:
            return f"Port {link.edge.target_port} refuses the value: {refusal.message}"
    if value is MISSING or value is None:
        if link.is_required:
            return _no_data(link)
    elif link.is_checked and link.leaf is not None and (problems := constraint_problems(link.leaf, value)):
        return f"Port {link.edge.target_port} refuses the value: {'; '.join(problems)}"
    _take(link, value, target)
    return None


def source_value(link: Link, source: NodeRun) -> object:
    """The value at the source port, or MISSING."""
    if link.source_root in SYSTEM_POSITION:
        return source.system[SYSTEM_POSITION[link.source_root]]
    root = _values(source).get(link.source_root, MISSING)
    return root if root is MISSING or not link.source_steps else value_at(root, link.source_steps)


def _take(link: Link, value: object, target: NodeRun) -> None:
    if link.root is None:
        target.system[SYSTEM_POSITION[link.target_root]] = None if value is MISSING else value
    elif value is MISSING:
        if not link.target_steps and link.root.kind != "object":
            target.values.pop(link.target_root, None)
    else:
        current = target.values.get(link.target_root, MISSING)
        target.values[link.target_root] = assigned(link.root, current, link.target_steps, value)


def _values(source: NodeRun) -> dict[object, object]:
    """A source that has not run (its stored values are asked for) has none of its own yet."""
    if not source.values and source.phase in (Phase.IDLE, Phase.QUEUED, Phase.EXCLUDED):
        source.load_values()
    return source.values  # pyright: ignore[reportReturnType]


def _no_data(link: Link) -> str:
    source, target = link.edge.source_port, link.edge.target_port
    return f"Source port {source} has no data to transfer and target port {target} is required"
