"""Lines of JSON on the standard error."""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Final

import orjson

from chaingraph.relay.notices import ConnectionLost, DeliveryFailed, HandedOver, Leading, Notice

ERRORS: Final = (DeliveryFailed,)
ORDINARY: Final = (Leading, HandedOver, ConnectionLost)


class Log:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def notice(self, notice: Notice) -> None:
        """The message is the name of the notice, in words."""
        words = re.sub(r"(?<!^)(?=[A-Z])", " ", type(notice).__name__).lower()
        self.line(_level(notice), words, asdict(notice))

    def line(self, level: str, message: str, fields: Mapping[str, object]) -> None:
        written = {"timestamp": self._now(), "level": level, "service": "relay", "message": message, **fields}
        sys.stderr.write(orjson.dumps(written).decode() + "\n")
        sys.stderr.flush()


def _level(notice: Notice) -> str:
    if isinstance(notice, ERRORS):
        return "ERROR"
    return "INFO" if isinstance(notice, ORDINARY) else "WARNING"
