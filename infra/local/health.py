"""Whether the system answers, through all its parts but the relay."""

import asyncio
import time
import urllib.error
import urllib.request
from typing import Final

PATH: Final = "/health"
PATIENCE_SECONDS: Final = 30.0
PAUSE_SECONDS: Final = 0.2


class Unhealthy(Exception):
    """The system did not answer in time, or not as it should."""


async def healthy(http_url: str) -> None:
    """Return when the system is healthy. Raises Unhealthy after the patience."""
    await asyncio.to_thread(_wait_until_healthy, f"{http_url}{PATH}")


def _wait_until_healthy(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (reason := _refusal(url)) is not None:
        if time.monotonic() > deadline:
            raise Unhealthy(f"{url}: {reason}")
        time.sleep(PAUSE_SECONDS)


def _refusal(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS):  # noqa: S310 - an address of our own
            return None
    except urllib.error.HTTPError as error:
        return error.read().decode(errors="replace")
    except OSError as error:
        return str(error)
