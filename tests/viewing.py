"""What tests of a viewer have in common: a flow that is stored, created, seen to its end."""

from tests.local_system import System
from tests.stock_client import Json, StockClient


def with_token(system: System, user: str, port: int | None = None) -> str:
    url = f"ws://127.0.0.1:{port}" if port else system.addresses.websocket_url
    return f"{url}?token={system.token(user)}"


def created(client: StockClient, name: str, system: System, document: object) -> str:
    flow_id = system.store(document, token=system.token())
    return client.mutate(name, "create", flowId=flow_id)["executionId"]


def finished(client: StockClient, name: str, system: System, document: object) -> str:
    execution_id = created(client, name, system, document)
    subscription = f"end of {execution_id}"
    client.subscribe(subscription, name, executionId=execution_id)
    client.mutate(name, "start", executionId=execution_id)
    client.until(subscription, "complete")
    return execution_id


def assert_whole(events: list[Json]) -> None:
    """Every event once, in order."""
    assert [event["index"] for event in events] == list(range(-1, len(events) - 1))
