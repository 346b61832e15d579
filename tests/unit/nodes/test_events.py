"""Emitters and listeners."""

import pytest

from chaingraph.errors import Rejected
from tests.node_bodies import FakeScope, ran


def test_an_emitted_event_has_a_copy_of_its_payload() -> None:
    scope = FakeScope()
    payload = {"deep": {"list": [1]}}

    ran("EventEmitterNode", scope, eventName="ping", payload=payload)
    payload["deep"]["list"].append(2)

    assert scope.emitted == [("ping", {"deep": {"list": [1]}})]


def test_an_event_needs_a_name() -> None:
    with pytest.raises(Rejected, match="name is required"):
        ran("EventEmitterNode", eventName="")


@pytest.mark.parametrize(
    ("type_name", "port"), [("EventListenerNodeV2", "eventPayload"), ("EventListenerNode", "outputData")]
)
def test_a_listener_gives_the_payload_of_its_event(type_name: str, port: str) -> None:
    scope = FakeScope(event_name="ping", event_payload={"who": "ann", "more": [1]})

    assert ran(type_name, scope, eventName="ping")[port] == {"who": "ann", "more": [1]}


def test_a_listener_ignores_other_events_and_none() -> None:
    other = FakeScope(event_name="pong", event_payload={"who": "ann"})

    assert ran("EventListenerNodeV2", other, eventName="ping")["eventPayload"] == {}
    assert ran("EventListenerNodeV2", FakeScope(), eventName="ping")["eventPayload"] == {}


@pytest.mark.parametrize("payload", [None, "text", {}, {"new": 1}])
def test_a_field_that_the_payload_lacks_keeps_its_stored_value(payload: object) -> None:
    config = {"type": "object", "schema": {"properties": {"who": {"type": "string"}}}}
    scope = FakeScope(event_name="ping", event_payload=payload, configs={"eventPayload": config})

    found = ran("EventListenerNodeV2", scope, eventName="ping", eventPayload={"who": "ann", "stale": 1})

    assert found["eventPayload"] == {"who": "ann", **(payload if isinstance(payload, dict) else {})}
