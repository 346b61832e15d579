"""The local system, started for a benchmark, and what its clients need."""

import asyncio
import os
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
from tests.fault.processes.node_package import make_package, path_with
from tests.flows import document, edge

USER = "bench"
TURN_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Stage:
    system: LocalSystem
    token: str
    database_url: str
    ledger: Path

    async def stored_chain(self, length: int) -> str:
        """Store a chain of number nodes; its id."""
        return await self.stored(_chain(length))

    async def stored(self, document: JsonObject) -> str:
        return await asyncio.to_thread(self._store, orjson.dumps(document))

    def _store(self, encoded: bytes) -> str:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        request = urllib.request.Request(f"{self.system.http_url}/v1/flows", encoded, headers)
        with urllib.request.urlopen(request) as answer:
            return str(orjson.loads(answer.read())["id"])


@asynccontextmanager
async def set_up() -> AsyncGenerator[Stage]:
    """With the node types of the fault tests, which write down in `ledger` what they do."""
    with tempfile.TemporaryDirectory(prefix="chaingraph-bench-") as folder:
        Path(folder).chmod(0o755)  # as root: the database's account has to reach it
        state, ledger, package = (Path(folder) / name for name in ("state", "ledger", "package"))
        package.mkdir()
        make_package(package, ledger, TURN_SECONDS)
        os.environ["PYTHONPATH"] = path_with(package)
        async with running_system(SystemSettings(state=state, port=0), lambda _: None) as system:
            key = read_signing_key(state)
            token = sign_token(Bearer(USER), key, system=system, now=datetime.now(UTC))
            yield Stage(system, token, own_server(state).url, ledger)


def _chain(length: int) -> JsonObject:
    definition = built_in_node_types().get("NumberNode")
    if definition is None:
        raise LookupError("there is no NumberNode")
    nodes = [new_node_document(definition, f"n{place}") for place in range(length)]
    edges = [edge(f"n{place}.num", f"n{place + 1}.num") for place in range(length - 1)]
    stored = document(nodes, edges)
    return {"metadata": {"name": f"Chain of {length}"}, "nodes": stored["nodes"], "edges": stored["edges"]}
