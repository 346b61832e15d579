"""What nodes reach, as the settings say; nothing is loaded before it is needed."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chaingraph.graph.facilities import CallTool, Facilities, HttpRequest, McpServer, ModelCall
from chaingraph.graph.secrets import Secret
from chaingraph.outbound.addresses import AddressRefused
from chaingraph.outbound.facilities import facilities_of
from chaingraph.outbound.first_use import FirstUse
from chaingraph.settings import InvalidSetting, NodeSettings
from tests.web_server import answered, web_server

pytestmark = pytest.mark.anyio

VENDORS = ("anthropic", "bs4", "botocore", "httpx2", "jsonschema", "markdownify", "mcp", "openai", "aiohttp")


def known(**environ: str) -> Facilities:
    return facilities_of(NodeSettings.from_environment(environ), environ, lambda: datetime.now(UTC))


async def test_a_private_address_is_reached_if_the_settings_allow_it() -> None:
    async with web_server({"/": answered("mine")}) as server:
        request = HttpRequest(method="GET", url=f"{server.url}/")
        response = await known(HTTP_NODE_ALLOWED_HOSTS="127.0.0.1, 10.0.0.0/8").http.send(request)
        with pytest.raises(AddressRefused):
            await known().http.send(request)

    assert response.body == b"mine"


async def test_mcp_servers_stand_on_the_same_network() -> None:
    async with web_server({}) as server:
        with pytest.raises(AddressRefused):
            await known().mcp.ask(McpServer(f"{server.url}/mcp"), CallTool("x", {}), lambda _: None)


async def test_a_provider_is_where_the_settings_say() -> None:
    refusal = answered(b'{"error": {"message": "no such model"}}', 404, Content_Type="application/json")
    call = ModelCall(model="gpt-4o", messages=(), api_key=Secret("openai", {"apiKey": "x"}))

    async with web_server({"/v9/chat/completions": refusal}) as server:
        models = known(LANGUAGE_MODEL_ENDPOINTS=f"openai={server.url}/v9, groq=http://other").models
        with pytest.raises(Exception, match="no such model"):
            [part async for part in models.stream(call)]

    assert len(server.asked) == 1


async def test_secrets_come_from_the_environment_and_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text('{"two": "2"}')
    secrets = known(CHAINGRAPH_SECRET_ONE="1", SECRETS_FILE=str(path)).secrets

    assert await secrets.read("one", "ann") == {"value": "1"}
    assert await secrets.read("two", "ann") == {"value": "2"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_NODE_ALLOWED_HOSTS", "10.0.0.0/99"),
        ("LANGUAGE_MODEL_ENDPOINTS", "nobody=http://x"),
        ("LANGUAGE_MODEL_ENDPOINTS", "openai"),
        ("HTTP_NODE_MAX_RESPONSE_BYTES", "0"),
    ],
)
async def test_a_bad_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=name):
        known(**{name: value})


def test_node_types_and_facilities_load_no_library_of_a_vendor() -> None:
    program = (
        "import sys\n"
        "import chaingraph.nodes.built_in, chaingraph.outbound.facilities\n"
        "from chaingraph.settings import NodeSettings\n"
        "chaingraph.nodes.built_in.built_in_node_types()\n"
        "chaingraph.outbound.facilities.facilities_of(NodeSettings(), {}, lambda: None)\n"
        f"print([name for name in {VENDORS} if name in sys.modules])\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ended.stdout == "[]\n"


async def test_what_is_made_on_first_use_is_made_once() -> None:
    made: list[int] = []
    thing = FirstUse(lambda: made.append(1) or len(made))

    assert [await thing.get(), await thing.get()] == [1, 1]


async def test_what_could_not_be_made_is_tried_again() -> None:
    attempts: list[int] = []

    def make() -> str:
        attempts.append(1)
        if len(attempts) == 1:
            raise ImportError("not there")
        return "made"

    thing = FirstUse(make)

    with pytest.raises(ImportError):
        await thing.get()
    assert await thing.get() == "made"
