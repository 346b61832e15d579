"""Calls of language models whose answers are read as they come."""

from typing import Final

from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.facilities import ChatMessage, ModelCall
from chaingraph.graph.json_types import object_of
from chaingraph.graph.kinds import enum, number, record, secret, stream, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.nodes.language_models import MODELS
from chaingraph.nodes.script_values import as_text, finite

EFFORTS: Final = ("disable", "minimal", "low", "medium", "high")
SUMMARIES: Final = ("auto", "concise", "detailed")


class LLMCallNode(NodeType, title="LLM Call", category="ai", tags=("ai", "llm", "prompt")):
    """Sends a prompt to a language model and streams its answer.

    The model's name tells the provider: OpenAI, Anthropic, DeepSeek, Gemini, Groq, Moonshot, Amazon Bedrock
    (bedrock/… and no key: the role of the deployment is asked for). Models that reason take no temperature.
    """

    model = Input(enum(MODELS, default="gpt-5-mini"))
    openai_reasoning = Input(
        record({"effort": enum(EFFORTS), "summary": enum(SUMMARIES)}), description="For OpenAI's models"
    )
    api_key = Input(secret("openai"))
    prompt = Input(string(), ui={"isTextArea": True})
    temperature = Input(number(minimum=0, maximum=1, step=0.01))
    output_stream = Output(stream(string()))

    async def run(self, scope: Scope) -> None:
        answer = self.output_stream
        scope.resolve("outputStream")
        async for part in scope.facilities.models.stream(await self._call(scope)):
            answer.send(part)
        answer.close()

    async def _call(self, scope: Scope) -> ModelCall:
        reasoning = object_of(self.openai_reasoning)
        return ModelCall(
            model=as_text(self.model),
            messages=(ChatMessage("user", as_text(self.prompt)),),
            api_key=None if self.api_key is None else await scope.reveal(self.api_key),
            temperature=finite(self.temperature),
            reasoning_effort=as_text(reasoning.get("effort")) or None,
            reasoning_summary=as_text(reasoning.get("summary")) or None,
            idempotency_key=scope.idempotency_key,
        )


NODE_TYPES = (LLMCallNode,)
