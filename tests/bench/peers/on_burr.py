"""Burr: plain functions, which are faster there than asynchronous ones. An application runs once."""

from itertools import pairwise

from burr.core import ApplicationBuilder, GraphBuilder, State, action

from tests.bench.peers.engine import Engine, RunOnce


@action(reads=["value"], writes=["value"])
def _add_one(state: State) -> State:
    return state.update(value=state["value"] + 1)


def chain(length: int) -> RunOnce:
    names = [f"n{place}" for place in range(length)]
    builder = GraphBuilder().with_actions(**dict.fromkeys(names, _add_one))
    graph = builder.with_transitions(*pairwise(names)).build()

    async def run_once() -> int:
        application = (
            ApplicationBuilder().with_graph(graph).with_entrypoint(names[0]).with_state(value=0).build()
        )
        _, _, state = application.run(halt_after=[names[-1]])
        return state["value"]

    return run_once


LACKS = "its graphs run one action at a time: no parallel branches"
BURR = Engine("Burr", "apache-burr", "nothing", chain, fan=None, lacks=LACKS)
