"""What the answers of @connections mean."""

import pytest

from chaingraph.aws.connections import NOT_SENT_DELAYS, ConnectionPosts, connection_posts
from chaingraph.errors import Unavailable
from chaingraph.ids import ConnectionId
from chaingraph.interfaces import PostOutcome
from tests.unit.aws.endpoints import (
    NOW,
    FixedCredentials,
    HangUp,
    Naps,
    Reaction,
    Reply,
    Silence,
    client_of,
    closed_port,
    endpoint,
)

pytestmark = pytest.mark.anyio

ID = ConnectionId("L0SM9cOFvHcCIhw=")


async def test_a_message_is_posted_as_it_is() -> None:
    async with endpoint() as serving, client_of(serving.port) as client:
        assert await ConnectionPosts(client).post(ID, b'{"a":"\xc3\xa4"}') is PostOutcome.POSTED

    (received,) = serving.received
    assert received.line == "POST /stage/%40connections/L0SM9cOFvHcCIhw%3D HTTP/1.1"
    assert received.body == b'{"a":"\xc3\xa4"}'
    assert "/us-east-1/execute-api/aws4_request, SignedHeaders=" in received.headers["authorization"]


@pytest.mark.parametrize(
    ("reaction", "outcome"),
    [
        (Reply(200), PostOutcome.POSTED),
        (Reply(400), PostOutcome.GONE),
        (Reply(410), PostOutcome.GONE),
        (Reply(413), PostOutcome.TOO_LARGE),
        (Reply(429), PostOutcome.THROTTLED),
        (Reply(500), PostOutcome.UNKNOWN),
        (Reply(504), PostOutcome.UNKNOWN),
        (HangUp(), PostOutcome.UNKNOWN),
    ],
)
async def test_every_answer_says_what_became_of_the_message(reaction: Reaction, outcome: PostOutcome) -> None:
    async with endpoint(reaction) as serving, client_of(serving.port) as client:
        assert await ConnectionPosts(client).post(ID, b"{}") is outcome

    assert len(serving.received) == 1


async def test_a_message_without_an_answer_is_not_repeated() -> None:
    async with endpoint(Silence()) as serving, client_of(serving.port, answer_seconds=0.2) as client:
        assert await ConnectionPosts(client).post(ID, b"{}") is PostOutcome.UNKNOWN

    assert len(serving.received) == 1


async def test_a_message_that_could_not_be_sent_is_tried_again() -> None:
    naps = Naps()
    async with client_of(closed_port()) as client:
        with pytest.raises(Unavailable):
            await ConnectionPosts(client, sleep=naps.sleep).post(ID, b"{}")

    assert naps.seconds == list(NOT_SENT_DELAYS)


async def test_a_refusal_for_our_own_fault_is_told() -> None:
    async with endpoint(Reply(403, b"no such key")) as serving, client_of(serving.port) as client:
        with pytest.raises(Unavailable, match="403 no such key"):
            await ConnectionPosts(client).post(ID, b"{}")


@pytest.mark.parametrize("reaction", [Reply(204), Reply(410)])
async def test_a_connection_is_closed_or_was(reaction: Reaction) -> None:
    async with endpoint(reaction) as serving, client_of(serving.port) as client:
        await ConnectionPosts(client).close(ID)

    assert serving.received[0].line == "DELETE /stage/%40connections/L0SM9cOFvHcCIhw%3D HTTP/1.1"


@pytest.mark.parametrize("reaction", [Reply(429), Reply(500)])
async def test_a_connection_that_was_not_closed_is_told(reaction: Reaction) -> None:
    async with endpoint(reaction) as serving, client_of(serving.port) as client:
        with pytest.raises(Unavailable):
            await ConnectionPosts(client).close(ID)


async def test_connections_are_kept_between_messages() -> None:
    async with endpoint() as serving, client_of(serving.port) as client:
        posts = ConnectionPosts(client)
        for _ in range(5):
            await posts.post(ID, b"{}")

    assert len(serving.received) == 5
    assert serving.accepted == 1


async def test_the_region_is_that_of_the_endpoint() -> None:
    async with endpoint() as serving:
        posts = connection_posts(
            f"http://127.0.0.1:{serving.port}/local", credentials=FixedCredentials(), now=lambda: NOW
        )
        await posts.post(ID, b"{}")
        await posts.close_sessions()

    assert "/us-east-1/execute-api/" in serving.received[0].headers["authorization"]
