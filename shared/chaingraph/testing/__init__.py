"""Testing node types and flows: in memory, in virtual time, cut off from the world.

    from chaingraph.testing import World, run_node

    def test_words_are_counted() -> None:
        run_node(WordCount, {"text": "one two"}).assert_values(count=2)

* `run_node` runs one node, `run_flow` a document or a `FlowDraft`; both take the real engine, and a flow is
  loaded and checked as a system does it.
* Time is virtual: it passes only while everybody waits, so a flow that sleeps for 30 days ends at once, at
  the time that it should. A run that waits for more than a few seconds is left and goes on from its stored
  results, as in a system: a body is called again then, and its waits that are over return at once.
* A `World` holds the time of the start, a `FakeHttp` and `FakeSecrets`, the answers to callbacks
  (`world.answer("node", {"approved": True}, after=timedelta(days=2))`), and the flows that may be called
  (`World(flows={"V2other": draft})`); nothing else is outside. JSONata expressions are evaluated as in a
  system.
* What ended can be looked at (`values`, `events`, `logged`, `lasted`, `children`) and asserted; every
  `assert_…` says what it found instead.

`run_node` and `run_flow` are plain functions with an event loop of their own: call them outside of any other.
"""

from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.options import ExecutionOptions
from chaingraph.testing.drafts import FlowDraft
from chaingraph.testing.ended_flows import EndedFlow, EndedNode, SeenEvent
from chaingraph.testing.fakes import FakeHttp, FakeSecrets, secret_value
from chaingraph.testing.runs import run_flow, run_node
from chaingraph.testing.worlds import World

__all__ = [
    "EndedFlow",
    "EndedNode",
    "ExecutionOptions",
    "ExternalEvent",
    "FakeHttp",
    "FakeSecrets",
    "FlowDraft",
    "SeenEvent",
    "World",
    "run_flow",
    "run_node",
    "secret_value",
]
