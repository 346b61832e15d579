"""pydantic-graph: steps of its graph builder, a fork and a join."""

from pydantic_graph import GraphBuilder, StepContext, reduce_sum

from tests.bench.peers.engine import Engine, RunOnce


async def _add_one(step: StepContext[None, None, int]) -> int:
    return step.inputs + 1


def chain(length: int) -> RunOnce:
    builder = GraphBuilder(input_type=int, output_type=int)
    steps = [builder.step(_add_one, node_id=f"n{place}") for place in range(length)]
    for source, target in zip([builder.start_node, *steps], [*steps, builder.end_node], strict=True):
        builder.add(builder.edge_from(source).to(target))
    return _runner(builder)


def fan(width: int) -> RunOnce:
    builder = GraphBuilder(input_type=int, output_type=int)
    first, last = (builder.step(_add_one, node_id=name) for name in ("first", "last"))
    middle = [builder.step(_add_one, node_id=f"m{place}") for place in range(width)]
    total = builder.join(reduce_sum, initial=0)
    builder.add(
        builder.edge_from(builder.start_node).to(first),
        builder.edge_from(first).to(*middle),
        builder.edge_from(*middle).to(total),
        builder.edge_from(total).to(last),
        builder.edge_from(last).to(builder.end_node),
    )
    return _runner(builder)


def _runner(builder: GraphBuilder[None, None, int, int]) -> RunOnce:
    graph = builder.build()

    async def run_once() -> int:
        return await graph.run(inputs=0)

    return run_once


PYDANTIC_GRAPH = Engine("pydantic-graph", "pydantic-graph", "nothing", chain, fan)
