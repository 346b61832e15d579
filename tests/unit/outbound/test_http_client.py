"""Requests of flows: where they may go, and what may come back."""

import asyncio
import gzip
import logging
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import pytest

from chaingraph.errors import Rejected, TooLarge, Unavailable
from chaingraph.graph.facilities import HttpRequest, HttpResponse
from chaingraph.outbound.addresses import AddressRefused, AllowList
from chaingraph.outbound.guarded_network import GuardedNetwork, look_up
from chaingraph.outbound.guarded_transport import GuardedTransport
from chaingraph.outbound.http_client import MOST_REDIRECTS, GuardedHttpClient
from tests.web_server import Asked, WebServer, answered, never, redirected, web_server

pytestmark = pytest.mark.anyio

LIMIT = 100_000
ONE_ADDRESS = AllowList.of(["127.0.0.1"])
ALL_HEADERS = (("Authorization", "Bearer abc"), ("X-Api-Key", "abc"), ("X-Plain", "yes"))


@dataclass
class Names:
    """Addresses of hosts; one that is looked up again may have moved."""

    addresses: dict[str, list[Sequence[str]]]
    looked_up: list[str] = field(default_factory=list[str])

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.looked_up.append(host)
        known = self.addresses.get(host)
        if known is None:
            return await look_up(host, port)
        return known.pop(0) if len(known) > 1 else known[0]


def client(allowed: AllowList = ONE_ADDRESS, names: Names | None = None) -> GuardedHttpClient:
    network = GuardedNetwork(allowed, (names or Names({})).resolve)
    transport = GuardedTransport(network, ssl.create_default_context(), LIMIT)
    return GuardedHttpClient(transport, max_response_bytes=LIMIT)


async def got(url: str, sender: GuardedHttpClient | None = None, **parts: object) -> HttpResponse:
    request = HttpRequest(**{"method": "GET", "url": url, "timeout_seconds": 10, **parts})  # pyright: ignore[reportArgumentType]
    return await (sender or client()).send(request)


# ---------------------------------------------------------------- where to


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
async def test_this_machine_is_refused_however_it_is_written(host: str) -> None:
    async with web_server({"/": answered("mine")}) as server:
        with pytest.raises(AddressRefused):
            await got(f"http://{host}:{server.port}/", client(AllowList()))

    assert server.asked == []


async def test_a_public_name_for_a_private_address_is_refused() -> None:
    names = Names({"public.example": [["127.0.0.1", "10.0.0.1"]]})

    async with web_server({"/": answered("mine")}) as server:
        with pytest.raises(AddressRefused, match=r"public\.example"):
            await got(f"http://public.example:{server.port}/", client(AllowList(), names))

    assert server.asked == []


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    names = Names({"moving.example": [["127.0.0.1"], ["127.0.0.2"]]})

    async with web_server({"/": answered("here")}) as server:
        response = await got(f"http://moving.example:{server.port}/", client(names=names))

    assert response.body == b"here"
    assert names.looked_up == ["moving.example"]
    assert server.asked[0].headers["host"] == f"moving.example:{server.port}"


async def test_of_several_addresses_the_allowed_ones_are_tried() -> None:
    names = Names({"both.example": [["127.0.0.2", "127.0.0.1"]]})

    async with web_server({"/": answered("here")}) as server:
        response = await got(f"http://both.example:{server.port}/", client(names=names))

    assert response.body == b"here"


@pytest.mark.parametrize("target", ["http://127.0.0.2:{port}/", "http://inner.example:{port}/"])
async def test_a_redirect_to_a_private_address_is_refused(target: str) -> None:
    names = Names({"inner.example": [["127.0.0.2"]]})
    async with web_server({"/": answered("inside")}, "127.0.0.2") as inner:
        there = redirected(target.format(port=inner.port))
        async with web_server({"/": there}) as outer:
            with pytest.raises(AddressRefused):
                await got(f"{outer.url}/", client(names=names))

    assert len(outer.asked) == 1
    assert inner.asked == []


async def test_a_redirect_to_something_else_than_the_web_is_refused() -> None:
    async with web_server({"/": redirected("file:///etc/passwd")}) as server:
        with pytest.raises(Rejected):
            await got(f"{server.url}/")


async def test_redirects_are_followed() -> None:
    answers = {"/": redirected("/next", 307), "/next": redirected("/last", 303), "/last": answered("there")}

    async with web_server(answers) as server:
        response = await got(f"{server.url}/", method="POST", body=b"x")

    assert response.body == b"there"
    assert [(asked.method, asked.target, asked.body) for asked in server.asked] == [
        ("POST", "/", b"x"),
        ("POST", "/next", b"x"),
        ("GET", "/last", b""),
    ]


async def test_redirects_without_an_end_are_refused() -> None:
    async with web_server({"/": redirected("/")}) as server:
        with pytest.raises(Rejected, match="redirects"):
            await got(f"{server.url}/")

    assert len(server.asked) == MOST_REDIRECTS + 1


def elsewhere(other: WebServer) -> AbstractAsyncContextManager[WebServer]:
    return web_server({"/": redirected(f"{other.url}/")})


async def test_credentials_do_not_follow_a_redirect_to_another_server() -> None:
    async with web_server({"/": answered("there")}) as other, elsewhere(other) as first:
        await got(f"{first.url}/", headers=ALL_HEADERS)

    assert "authorization" in first.asked[0].headers
    assert "authorization" not in other.asked[0].headers
    assert "x-api-key" not in other.asked[0].headers
    assert other.asked[0].headers["x-plain"] == "yes"


async def test_what_is_confidential_does_not_follow_a_redirect_to_another_server() -> None:
    async with web_server({"/": answered("there")}) as other, elsewhere(other) as first:
        headers = (*ALL_HEADERS, ("X-Tenant", "abc"))
        await got(f"{first.url}/", headers=headers, confidential=frozenset({"x-tenant"}))

    assert first.asked[0].headers["x-tenant"] == "abc"
    assert "x-tenant" not in other.asked[0].headers


async def test_credentials_follow_a_redirect_on_the_same_server() -> None:
    async with web_server({"/": redirected("/next"), "/next": answered("there")}) as server:
        await got(f"{server.url}/", headers=ALL_HEADERS)

    assert server.asked[1].headers["x-api-key"] == "abc"


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    async with web_server({"/": answered("direct")}) as server:
        assert (await got(f"{server.url}/")).body == b"direct"


# ---------------------------------------------------------------- what comes back


async def test_an_answer_is_given_as_it_came() -> None:
    async with web_server({"/": answered("no", 404, X_One="1", Set_Cookie="a=b")}) as server:
        response = await got(f"{server.url}/?q=1", headers=(("X-Mine", "m"),))

    assert (response.status, response.body) == (404, b"no")
    assert dict(response.headers)["x-one"] == "1"
    assert server.asked[0].target == "/?q=1"
    assert server.asked[0].headers["x-mine"] == "m"


async def test_cookies_are_not_kept() -> None:
    sender = client()

    async with web_server({"/": answered(Set_Cookie="session=1; Path=/")}) as server:
        await got(f"{server.url}/", sender)
        await got(f"{server.url}/", sender)

    assert "cookie" not in server.asked[1].headers


async def _endless(_: Asked) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n"
    while True:
        yield b"1000\r\n" + b"x" * 0x1000 + b"\r\n"


async def test_an_answer_without_an_end_is_cut_off() -> None:
    async with web_server({"/": _endless}) as server:
        with pytest.raises(TooLarge, match=str(LIMIT)):
            await got(f"{server.url}/")
        await asyncio.wait_for(server.gone.wait(), 10)


async def test_an_answer_that_grows_when_it_is_unpacked_is_cut_off() -> None:
    packed = gzip.compress(b"x" * (LIMIT + 1))
    assert len(packed) < LIMIT

    async with web_server({"/": answered(packed, Content_Encoding="gzip")}) as server:
        with pytest.raises(TooLarge):
            await got(f"{server.url}/")


async def test_an_answer_of_the_greatest_size_is_taken() -> None:
    async with web_server({"/": answered(b"x" * LIMIT)}) as server:
        assert len((await got(f"{server.url}/")).body) == LIMIT


async def _halting(_: Asked) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\nsome"
    await asyncio.Event().wait()


async def test_a_body_that_does_not_come_to_an_end_runs_into_the_time_limit() -> None:
    async with web_server({"/": _halting}) as server:
        with pytest.raises(Unavailable, match=r"within 0\.2 s"):
            await got(f"{server.url}/", timeout_seconds=0.2)
        await asyncio.wait_for(server.gone.wait(), 10)


async def test_redirects_share_one_time_limit() -> None:
    async with web_server({"/": redirected("/next"), "/next": lambda _: never()}) as server:
        with pytest.raises(Unavailable, match="within"):
            await got(f"{server.url}/", timeout_seconds=0.2)

    assert [asked.target for asked in server.asked] == ["/", "/next"]


async def test_a_cancelled_request_leaves_its_server() -> None:
    async with web_server({"/": lambda _: never()}) as server:
        request = asyncio.create_task(got(f"{server.url}/"))
        await server.arrived.wait()
        request.cancel()
        await asyncio.wait_for(server.gone.wait(), 10)

    with pytest.raises(asyncio.CancelledError):
        await request


@pytest.mark.parametrize(
    "broken",
    [b"", b"HTTP/1.1 200 X\r\ncontent-length: 9\r\nconnection: close\r\n\r\nsome", b"nonsense\r\n\r\n"],
)
async def test_a_broken_answer_is_none(broken: bytes) -> None:
    async with web_server({"/": lambda _: broken}) as server:
        with pytest.raises(Unavailable, match="no answer"):
            await got(f"{server.url}/")


async def test_a_server_that_is_not_there_gives_no_answer() -> None:
    async with web_server({}) as server:
        pass

    with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
        await got(f"{server.url}/")


async def test_a_host_that_nobody_knows_gives_no_answer() -> None:
    with pytest.raises(Unavailable, match=r"no answer from nobody\.invalid"):
        await got("http://nobody.invalid/")


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "ftp://example.com/", "http:///x", "nonsense"])
async def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(Rejected):
        await got(url)


async def test_a_header_that_would_begin_another_one_is_refused_and_not_shown() -> None:
    async with web_server({"/": answered()}) as server:
        with pytest.raises(Rejected, match="header") as refusal:
            await got(f"{server.url}/", headers=(("X-Key", "abc\r\nX-Other: 1"),))

    assert "abc" not in str(refusal.value)
    assert server.asked == []


async def test_headers_that_frame_a_message_are_the_clients_own() -> None:
    framing = (("Content-Length", "3"), ("Transfer-Encoding", "chunked"), ("Host", "other"))

    async with web_server({"/": answered()}) as server:
        await got(f"{server.url}/", method="POST", body=b"whole", headers=framing)

    assert server.asked[0].body == b"whole"
    assert server.asked[0].headers["host"] == f"127.0.0.1:{server.port}"


async def test_user_and_password_are_not_in_a_message() -> None:
    with pytest.raises(Unavailable) as refusal:
        await got("http://user:hunter2@nobody.invalid/?key=hunter2")

    assert "hunter2" not in str(refusal.value)


async def test_a_part_of_a_password_that_looks_like_a_port_is_not_in_a_message() -> None:
    with pytest.raises(Rejected) as refusal:
        await got("http://user:hunter2/x@nobody.invalid/")

    assert "hunter2" not in str(refusal.value)


async def test_addresses_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Where everything is logged, as by functions on AWS."""
    caplog.set_level(logging.INFO)

    async with web_server({"/": redirected("/signed?by=hunter2"), "/signed": answered()}) as server:
        await got(f"http://user:hunter2@127.0.0.1:{server.port}/?key=hunter2")

    assert "hunter2" not in caplog.text
