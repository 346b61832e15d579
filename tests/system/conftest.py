"""Systems with other settings."""

from collections.abc import Generator

import pytest

from tests.local_system import System, end, start, state_folder, wait_until_ready

LIMITS = {"QUEUE_CONCURRENCY": "2", "MAX_EXECUTION_DEPTH": "3", "CLAIM_TIMEOUT_MS": "2000"}


@pytest.fixture(scope="session")
def limited_system() -> Generator[System]:
    """Two may run at once; three levels of children; who is silent for two seconds has died."""
    with state_folder() as state:
        system = System(state, start(state, "--no-example", "--port", "0", **LIMITS))
        try:
            wait_until_ready(system)
            yield system
        finally:
            end(system)
