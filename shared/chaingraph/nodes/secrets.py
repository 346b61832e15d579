"""Secrets for other nodes. What these nodes give is a reference: the words stay where they are kept.

That is why a secret is never in an event or in a result, and why it is still there after a crash.
"""

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.kinds import enum, record, secret, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.secrets import (
    SECRET_FIELDS,
    WRITTEN_NODE,
    WRITTEN_PORT,
    KeptSecret,
    WrittenSecret,
    reference_value,
    words,
)
from chaingraph.ids import NodeId
from chaingraph.nodes.script_values import as_text

CATEGORY = "secret"


class SecretNode(NodeType, title="Secret", category=CATEGORY, pure=True, tags=("vault",)):
    """Gives a secret by its name.

    On AWS it is kept in Secrets Manager, on one machine in a file or in the environment.
    """

    secret_id = Input(string(), key="secretID", description="The name of the secret")
    given = Output(secret("string"), key="secret")

    async def run(self, scope: Scope) -> None:
        name = as_text(self.secret_id).strip()
        if not name:
            raise Rejected("The name of the secret is required")
        kind = scope.port_config("secret").get("secretType")
        reference = reference_value(KeptSecret(kind if isinstance(kind, str) else "string", name))
        await scope.reveal(reference)
        self.given = reference


class UnencryptedSecretNode(
    NodeType, title="Unencrypted Secret", category=CATEGORY, pure=True, type_name=WRITTEN_NODE
):
    """Makes a secret of what is written in the flow, for trying things out: who reads the flow reads it."""

    secret_type = Input(enum(SECRET_FIELDS.keys()))
    written = Input(record(), key=WRITTEN_PORT, redact=lambda _: None)
    given = Output(secret("string"), key="secret")

    def run(self, scope: Scope) -> None:
        if not self.secret_type:
            raise Rejected("The secret type is not set")
        if self.secret_type not in SECRET_FIELDS:
            raise Rejected(f"Unknown secret type: {self.secret_type}")
        if not any(words(self.written).values()):
            raise Rejected("The unencrypted data is empty")
        self.given = reference_value(WrittenSecret(self.secret_type, NodeId(scope.node_id)))


NODE_TYPES = (SecretNode, UnencryptedSecretNode)
