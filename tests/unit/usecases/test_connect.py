import asyncio

import pytest

from chaingraph.errors import NotFound, Rejected, Unauthorized
from chaingraph.ids import ConnectionId
from chaingraph.usecases.connect import (
    MOST_KNOWN,
    KnownUsers,
    connect,
    connect_announcing,
    disconnect,
    identify_connection,
    user_of,
)
from tests.fakes.identities import FakeIdentities
from tests.scene import ALICE, BOB, Scene

pytestmark = pytest.mark.anyio

HERE = ConnectionId("here")
TOKENS = FakeIdentities({"alices": ALICE, "bobs": BOB})


async def test_a_connection_belongs_to_whose_token_it_brings() -> None:
    scene = Scene()

    await connect(HERE, "alices", identities=TOKENS, connections=scene.store.connections)

    assert await user_of(HERE, connections=scene.store.connections) == ALICE


async def test_a_connection_with_a_wrong_token_is_refused() -> None:
    scene = Scene()

    with pytest.raises(Unauthorized):
        await connect(HERE, "forged", identities=TOKENS, connections=scene.store.connections)

    assert scene.store.world.connections == {}


async def test_a_connection_without_a_token_can_do_nothing() -> None:
    scene = Scene()
    await connect(HERE, None, identities=TOKENS, connections=scene.store.connections)

    with pytest.raises(Unauthorized, match="not authenticated"):
        await user_of(HERE, connections=scene.store.connections)


async def test_a_request_waits_for_an_identity_that_was_announced() -> None:
    scene = Scene()
    await connect_announcing(HERE, connections=scene.store.connections)
    asking = asyncio.create_task(user_of(HERE, connections=scene.store.connections, polls=[0] * 100))
    await asyncio.sleep(0)

    await identify_connection(HERE, "alices", identities=TOKENS, connections=scene.store.connections)

    assert await asking == ALICE


async def test_an_identity_that_does_not_come_is_not_waited_for_long() -> None:
    scene = Scene()
    await connect_announcing(HERE, connections=scene.store.connections)

    with pytest.raises(Unauthorized):
        await user_of(HERE, connections=scene.store.connections, polls=[0, 0])


@pytest.mark.parametrize("token", [None, "", "forged"])
async def test_a_wrong_token_leaves_a_connection_without_identity(token: str | None) -> None:
    scene = Scene()
    await connect_announcing(HERE, connections=scene.store.connections)

    with pytest.raises(Unauthorized):
        await identify_connection(HERE, token, identities=TOKENS, connections=scene.store.connections)

    assert (await scene.store.connections.read(HERE)).user is None


async def test_requests_do_not_wait_for_an_identity_that_was_refused() -> None:
    scene = Scene()
    await connect_announcing(HERE, connections=scene.store.connections)
    with pytest.raises(Unauthorized):
        await identify_connection(HERE, "forged", identities=TOKENS, connections=scene.store.connections)

    with pytest.raises(Unauthorized, match="not authenticated"):
        await user_of(HERE, connections=scene.store.connections, polls=[3600])


async def test_a_refused_token_takes_no_identity_away() -> None:
    scene = Scene()
    await connect(HERE, "alices", identities=TOKENS, connections=scene.store.connections)

    with pytest.raises(Unauthorized):
        await identify_connection(HERE, "forged", identities=TOKENS, connections=scene.store.connections)

    assert await user_of(HERE, connections=scene.store.connections) == ALICE


async def test_a_connection_that_is_gone_belongs_to_nobody() -> None:
    scene = Scene()
    await connect(HERE, "alices", identities=TOKENS, connections=scene.store.connections)

    await disconnect(HERE, connections=scene.store.connections)

    with pytest.raises(NotFound):
        await user_of(HERE, connections=scene.store.connections)


async def test_a_connection_never_changes_hands() -> None:
    scene = Scene()
    connections = scene.store.connections
    await connect(HERE, "alices", identities=TOKENS, connections=connections)

    await identify_connection(HERE, "alices", identities=TOKENS, connections=connections)
    with pytest.raises(Rejected, match="somebody else"):
        await identify_connection(HERE, "bobs", identities=TOKENS, connections=connections)

    assert await user_of(HERE, connections=connections) == ALICE


async def test_a_user_is_known_once_the_connection_has_said_who_it_is() -> None:
    scene = Scene()
    users = KnownUsers(scene.store.connections)
    await connect(HERE, None, identities=TOKENS, connections=scene.store.connections)
    with pytest.raises(Unauthorized):
        await users.of(HERE)
    await identify_connection(HERE, "alices", identities=TOKENS, connections=scene.store.connections)

    known = await users.of(HERE)
    await disconnect(HERE, connections=scene.store.connections)

    assert (known, await users.of(HERE)) == (ALICE, ALICE)


async def test_only_so_many_users_are_remembered() -> None:
    scene = Scene()
    users = KnownUsers(scene.store.connections)
    for number in range(MOST_KNOWN + 1):
        connection_id = ConnectionId(f"c{number}")
        await scene.store.connections.add(connection_id, user=ALICE, announces_identity=False)
        await users.of(connection_id)
        await scene.store.connections.remove(connection_id)

    assert await users.of(ConnectionId("c1")) == ALICE
    with pytest.raises(NotFound):
        await users.of(ConnectionId("c0"))
