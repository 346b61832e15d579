import orjson
import pytest

from chaingraph.errors import Conflict, Forbidden, NotFound, Rejected, TooLarge
from chaingraph.graph.limits import MAX_DOCUMENT_BYTES
from chaingraph.ids import FlowId
from chaingraph.interfaces import Page, StoredFlow, User
from chaingraph.usecases.edit_flows import (
    FlowUpdate,
    create_flow,
    delete_flow,
    list_flows,
    read_flow,
    update_flow,
)
from tests.scene import ADMIN, ALICE, BOB, FLOW, Scene, document, scene_with_flow

pytestmark = pytest.mark.anyio

NEW_ID = FlowId("V2new")


async def create(scene: Scene, text: bytes, user: User = ALICE) -> StoredFlow:
    return await create_flow(
        text, user, new_id=NEW_ID, flows=scene.store.flows, checked_flows=scene.rules.checked_flows
    )


async def update(scene: Scene, text: bytes, version: int = 1, user: User = ALICE) -> StoredFlow:
    return await update_flow(
        FlowUpdate(FLOW, version, text),
        user,
        flows=scene.store.flows,
        checked_flows=scene.rules.checked_flows,
    )


async def test_a_flow_without_an_id_gets_one_and_belongs_to_who_stored_it() -> None:
    scene = Scene()

    stored = await create(scene, b'{"metadata": {"name": "Mine", "ownerID": "bob"}, "mark": [1, 2.50]}')

    assert (stored.id, stored.owner_id, stored.name, stored.version) == (NEW_ID, "alice", "Mine", 1)
    assert orjson.loads((await scene.store.flows.read(NEW_ID)).document) == {
        "id": NEW_ID,
        "metadata": {"name": "Mine", "ownerID": "alice", "id": NEW_ID},
        "mark": [1, 2.5],
    }


async def test_a_flow_keeps_the_id_it_brings() -> None:
    scene = Scene()

    stored = await create(scene, document("V2mine"))

    assert stored.id == "V2mine"


async def test_a_flow_without_a_name_is_untitled() -> None:
    assert (await create(Scene(), b"{}")).name == "Untitled Flow"


async def test_an_id_that_is_taken_is_refused() -> None:
    scene = await scene_with_flow()

    with pytest.raises(Conflict):
        await create(scene, document(), BOB)

    assert (await scene.store.flows.read(FLOW)).owner_id == ALICE.id


@pytest.mark.parametrize("flow_id", ["", "a b", "../x", "a\0", 7, None, "x" * 101])
async def test_an_id_that_does_not_fit_into_an_address_is_refused(flow_id: object) -> None:
    with pytest.raises(Rejected) as refusal:
        await create(Scene(), orjson.dumps({"id": flow_id}))

    assert [problem.path for problem in refusal.value.problems] == ["id"]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'"flow"', b"\xff", b"NaN"])
async def test_what_is_no_document_is_refused(text: bytes) -> None:
    with pytest.raises(Rejected, match="flow document"):
        await create(Scene(), text)


async def test_a_document_that_is_too_large_is_refused() -> None:
    with pytest.raises(TooLarge, match=str(MAX_DOCUMENT_BYTES)):
        await create(Scene(), b" " * (MAX_DOCUMENT_BYTES + 1))


async def test_every_problem_of_a_document_is_named_and_nothing_is_stored() -> None:
    scene = Scene()

    with pytest.raises(Rejected) as refusal:
        await create(scene, orjson.dumps({"metadata": 1, "nodes": {}, "edges": 3}))

    assert {problem.path for problem in refusal.value.problems} == {"metadata", "nodes", "edges"}
    assert scene.store.world.flows == {}


async def test_an_update_of_the_current_version_raises_it() -> None:
    scene = await scene_with_flow()

    stored = await update(scene, document(name="New"), version=1)

    assert (stored.version, stored.name) == (2, "New")


async def test_an_update_of_an_older_version_is_refused() -> None:
    scene = await scene_with_flow()
    await update(scene, document(name="First"), version=1)

    with pytest.raises(Conflict):
        await update(scene, document(name="Second"), version=1)

    assert (await scene.store.flows.read(FLOW)).name == "First"


async def test_an_update_by_an_admin_leaves_the_owner() -> None:
    scene = await scene_with_flow()

    stored = await update(scene, document(ownerID="root"), user=ADMIN)

    assert stored.owner_id == ALICE.id
    assert orjson.loads(stored.document)["metadata"]["ownerID"] == "alice"


async def test_the_document_of_another_flow_is_refused() -> None:
    scene = await scene_with_flow()

    with pytest.raises(Rejected, match="of another flow"):
        await update(scene, document("V2other"))


async def test_somebody_elses_flow_can_neither_be_read_nor_changed_nor_deleted() -> None:
    scene = await scene_with_flow()

    with pytest.raises(Forbidden):
        await read_flow(FLOW, BOB, flows=scene.store.flows)
    with pytest.raises(Forbidden):
        await update(scene, document(name="Mine"), user=BOB)
    with pytest.raises(Forbidden):
        await delete_flow(FLOW, BOB, flows=scene.store.flows)

    assert (await read_flow(FLOW, ALICE, flows=scene.store.flows)).version == 1


async def test_a_deleted_flow_is_gone() -> None:
    scene = await scene_with_flow()

    await delete_flow(FLOW, ALICE, flows=scene.store.flows)

    with pytest.raises(NotFound):
        await read_flow(FLOW, ALICE, flows=scene.store.flows)


async def test_a_listing_shows_an_owner_what_is_theirs_and_an_admin_everything() -> None:
    scene = await scene_with_flow()
    await scene.flow("V2bob", BOB)

    seen = {
        user.id: [flow.id for flow in await list_flows(Page(10), user, flows=scene.store.flows)]
        for user in (ALICE, BOB, ADMIN)
    }

    assert seen == {"alice": [FLOW], "bob": ["V2bob"], "root": ["V2bob", FLOW]}
