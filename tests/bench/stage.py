"""The local system, started for a benchmark, and what its clients need."""

import asyncio
import tempfile
import urllib.request
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from chaingraph.cli.local_system import LocalSystem
from chaingraph.cli.local_tokens import Bearer, read_signing_key, sign_token
from chaingraph.graph.catalogue import new_node_document
from chaingraph.graph.json_types import JsonObject
from chaingraph.nodes.built_in import built_in_node_types
from infra.local.database import own_server
from infra.local.supervisor import running_system
from infra.local.system_settings import SystemSettings
from tests.flows import document, edge

USER = "bench"


@dataclass(frozen=True, slots=True)
class Stage:
    system: LocalSystem
    token: str
    database_url: str

    async def stored_chain(self, length: int) -> str:
        """Store a chain of number nodes; its id."""
        return await asyncio.to_thread(self._store, orjson.dumps(_chain(length)))

    def _store(self, encoded: bytes) -> str:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        request = urllib.request.Request(f"{self.system.http_url}/v1/flows", encoded, headers)
        with urllib.request.urlopen(request) as answer:
            return str(orjson.loads(answer.read())["id"])


@asynccontextmanager
async def set_up() -> AsyncGenerator[Stage]:
    with tempfile.TemporaryDirectory(prefix="chaingraph-bench-") as folder:
        state = Path(folder) / "state"
        async with running_system(SystemSettings(state=state, port=0), lambda _: None) as system:
            key = read_signing_key(state)
            token = sign_token(Bearer(USER), key, system=system, now=datetime.now(UTC))
            yield Stage(system, token, own_server(state).url)


def _chain(length: int) -> JsonObject:
    definition = built_in_node_types().get("NumberNode")
    if definition is None:
        raise LookupError("there is no NumberNode")
    nodes = [new_node_document(definition, f"n{place}") for place in range(length)]
    edges = [edge(f"n{place}.num", f"n{place + 1}.num") for place in range(length - 1)]
    stored = document(nodes, edges)
    return {"metadata": {"name": f"Chain of {length}"}, "nodes": stored["nodes"], "edges": stored["edges"]}
