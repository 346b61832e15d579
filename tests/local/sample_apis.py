"""Handlers that the tests put behind the gateway as functions in worker processes."""

import time
from typing import Any

import orjson


def answer(event: Any, _: Any) -> object:
    """Tells a client what arrived, over either API."""
    if "version" not in event and "body" not in event:
        return {"statusCode": 200}
    return {"statusCode": 200, "body": orjson.dumps(event).decode()}


def block(event: Any, _: Any) -> object:
    time.sleep(3600)
    return event
