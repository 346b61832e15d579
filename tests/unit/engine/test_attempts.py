"""Bodies that let consumers start while they run, and fail: whether they may be tried again."""

from typing import ClassVar

import pytest

from chaingraph.authoring import NodeType, Output, Scope, Unavailable, number, stream, string
from chaingraph.testing import EndedFlow, FlowDraft, run_flow

RETRY = {"retry": {"maxAttempts": 3, "backoffMs": 0}}


class Teller(NodeType, title="Teller", category="utilities"):
    """Fails twice: with nothing told, with a word told, or with its stream closed."""

    told: ClassVar[str] = "nothing"
    failures: ClassVar[int] = 0
    words = Output(stream(string()))
    tries = Output(number())

    async def run(self, scope: Scope) -> None:
        words = self.words
        scope.resolve("words")
        await scope.sleep(1)
        if Teller.failures < 2:
            Teller.failures += 1
            if Teller.told != "nothing":
                words.send("so")
            if Teller.told == "all":
                words.close()
            raise Unavailable("not yet")
        words.send("done")
        words.close()
        self.tries = Teller.failures + 1


def told(how: str, reader: str = "") -> EndedFlow:
    Teller.told, Teller.failures = how, 0
    draft = FlowDraft()
    draft.add(Teller, node_id="teller", metadata=RETRY)
    if reader:
        draft.add(reader, node_id="reader")
        draft.join("teller.words", "reader.inputStream")
    return run_flow(draft)


@pytest.mark.parametrize("how", ["nothing", "a word", "all"])
def test_what_nobody_reads_may_be_told_again(how: str) -> None:
    flow = told(how)

    flow.node("teller").assert_completed()
    flow.node("teller").assert_values(tries=3)
    assert flow.node("teller").values["words"] == {"type": "stream", "buffer": ["done"], "isClosed": True}


def test_who_has_read_nothing_waits_for_the_next_attempt() -> None:
    told("nothing", "StreamBufferNode").node("reader").assert_values(buffer="done")


@pytest.mark.parametrize("how", ["a word", "all"])
def test_what_somebody_has_read_is_not_told_again(how: str) -> None:
    flow = told(how, "StreamBufferNode")

    flow.node("teller").assert_failed("not yet")
    assert Teller.failures == 1


def test_what_an_attempt_had_told_belongs_to_that_attempt() -> None:
    flow = told("a word")

    chunks = [event.payload for event in flow.events if event.type == "stream:chunk"]
    assert [(chunk["attempt"], chunk["position"], chunk["elements"]) for chunk in chunks] == [
        (1, 0, ["so"]),
        (2, 0, []),
        (2, 0, ["so"]),
        (3, 0, []),
        (3, 0, ["done"]),
    ]
