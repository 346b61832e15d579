"""What the relay writes for those who operate it."""

from datetime import UTC, datetime

import orjson
import pytest

from chaingraph.ids import ConnectionId, Epoch, ExecutionId, RequestId
from chaingraph.relay.notices import (
    ConnectionClosed,
    DeliveryFailed,
    HandedOver,
    Leading,
    Notice,
    Throttled,
)
from functions.relay.logs import Log

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CONNECTION = ConnectionId("c1")


@pytest.mark.parametrize(
    ("notice", "level", "message"),
    [
        (Leading(Epoch(3)), "INFO", "leading"),
        (HandedOver(7), "INFO", "handed over"),
        (ConnectionClosed(CONNECTION, "unclear"), "WARNING", "connection closed"),
        (Throttled(100.0), "WARNING", "throttled"),
        (
            DeliveryFailed(CONNECTION, RequestId("1"), ExecutionId("EX"), "a fault"),
            "ERROR",
            "delivery failed",
        ),
    ],
)
def test_every_notice_is_a_line_with_its_level(
    notice: Notice, level: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Log(lambda: NOW).notice(notice)

    line = orjson.loads(capsys.readouterr().err)
    assert (line["level"], line["message"]) == (level, message)


def test_a_line_holds_the_details_as_fields(capsys: pytest.CaptureFixture[str]) -> None:
    Log(lambda: NOW).notice(ConnectionClosed(CONNECTION, "unclear"))

    assert orjson.loads(capsys.readouterr().err) == {
        "timestamp": "2026-01-02T03:04:05+00:00",
        "level": "WARNING",
        "service": "relay",
        "message": "connection closed",
        "connection_id": "c1",
        "reason": "unclear",
    }
