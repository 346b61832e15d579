"""What is sent to a stream becomes events while its producer runs."""

import asyncio

import orjson
import pytest

from chaingraph.engine.driver import Driver
from chaingraph.engine.run import Run
from tests.flows import World, document, node
from tests.unit.engine.stepping import Store, compiled, new_run

pytestmark = pytest.mark.anyio


class _Journal:
    def __init__(self, run: Run, store: Store) -> None:
        self.run = run
        self.store = store
        self.has_chunk = asyncio.Event()

    def wrote(self) -> None:
        self.store.write(self.run.recorder.take())
        if any(event.type == "stream:chunk" for event in self.store.events):
            self.has_chunk.set()

    async def flush(self) -> None:
        self.wrote()


async def test_elements_are_told_while_the_producer_runs_and_before_its_end() -> None:
    world, store = World(), Store()
    run = new_run(compiled(document([node("s", "Sends")]), world), store)
    journal = _Journal(run, store)
    driving = asyncio.create_task(Driver(run, journal=journal, clock=lambda: 0, active_ms=0).drive())
    await journal.has_chunk.wait()
    early = [event.type for event in store.events]
    world.gate("s").set()
    await driving
    journal.wrote()

    chunks = [orjson.loads(event.payload) for event in store.events if event.type == "stream:chunk"]
    types = [event.type for event in store.events]
    assert "node:completed" not in early
    assert [(chunk["position"], chunk["elements"]) for chunk in chunks] == [(0, ["one"]), (1, ["two"])]
    assert {chunk["attempt"] for chunk in chunks} == {1}
    assert types.index("node:completed") > max(
        place for place, kind in enumerate(types) if kind == "stream:chunk"
    )


async def test_another_attempt_announces_itself_first() -> None:
    world, store = World(), Store()
    plan = compiled(document([node("s", "Sends")]), world)
    first = new_run(plan, store)
    first.take(0)
    store.write(first.recorder.take())
    world.gate("s").set()
    run = new_run(plan, store)
    journal = _Journal(run, store)

    await Driver(run, journal=journal, clock=lambda: 0, active_ms=0).drive()
    journal.wrote()

    chunks = [orjson.loads(event.payload) for event in store.events if event.type == "stream:chunk"]
    assert [(chunk["attempt"], chunk["elements"]) for chunk in chunks] == [(2, []), (2, ["one", "two"])]
