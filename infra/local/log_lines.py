"""The logs of the parts: lines of JSON, as those of the functions that run in them."""

import logging
import sys
from datetime import UTC, datetime
from typing import Final

import orjson

# What every record has; anything else was given as `extra`.
KNOWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "level": record.levelname,
            "location": record.name,
            "message": record.getMessage(),
            "timestamp": datetime.fromtimestamp(record.created, UTC),
            "service": self._service,
        }
        line |= {name: value for name, value in vars(record).items() if name not in KNOWN}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def log_as_json(service: str) -> None:
    """What this program logs goes to the standard error."""
    written = logging.StreamHandler(sys.stderr)
    written.setFormatter(JsonLines(service))
    logging.basicConfig(level=logging.INFO, handlers=[written])


def pass_on(function: str, line: str) -> None:
    """What a function prints: its own lines as they are, and what others print in it as a line of its own."""
    if line.startswith("{"):
        sys.stderr.write(f"{line}\n")
    else:
        logging.getLogger(f"function.{function}").info("%s", line)
