"""Nodes that wait for somebody outside: a system that calls back, a person who decides."""

from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.json_types import object_of
from chaingraph.graph.kinds import boolean, number, record, required, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.nodes.flow_control import CATEGORY

TIMEOUT = "Seconds after which it fails because nobody has answered; 0: it waits for ever"
URL = "POST the answer to it, as JSON, without a token. It is there before the answer is."


class WaitForCallbackNode(NodeType, title="Wait for Callback", category=CATEGORY, pure=True):
    """Waits until somebody outside posts an answer, at no cost.

    The answer is an object with the fields that the payload declares; without any, it may have all. Nodes
    that take only the callback's URL run while this one waits.
    """

    timeout_seconds = Input(number(minimum=0), description=TIMEOUT)
    message = Input(string(), description="Shown to those who watch the execution")
    callback_url = Output(string(), description=URL)
    payload = Output(record(schema_is_mutable=True), description="The answer")

    async def run(self, scope: Scope) -> None:
        callback = scope.callback("payload", self.timeout_seconds)
        self.callback_url = callback.url
        scope.resolve("callbackUrl")
        self.payload = object_of(await scope.answer(callback))


class HumanApprovalNode(NodeType, title="Human Approval", category=CATEGORY, pure=True):
    """Waits until somebody approves or refuses, at no cost.

    The answer is `{"approved": true}` or `{"approved": false}`, perhaps with `comment` and `by`: who it says
    it is. Nodes that take only the callback's URL run while this one waits.
    """

    question = Input(string(), description="Shown to those who watch the execution")
    timeout_seconds = Input(number(minimum=0), description=TIMEOUT)
    callback_url = Output(string(), description=URL)
    decision = Output(
        record({"approved": required(boolean()), "comment": string(), "by": string()}),
        description="The answer as it came",
    )
    approved = Output(boolean())
    comment = Output(string())
    by = Output(string())

    async def run(self, scope: Scope) -> None:
        callback = scope.callback("decision", self.timeout_seconds)
        self.callback_url = callback.url
        scope.resolve("callbackUrl")
        self.decision = object_of(await scope.answer(callback))
        self.approved = self.decision.get("approved") is True
        self.comment = str(self.decision.get("comment") or "")
        self.by = str(self.decision.get("by") or "")


NODE_TYPES = (WaitForCallbackNode, HumanApprovalNode)
