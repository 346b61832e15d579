"""The whole system, deployed to the emulator for the tests of this folder."""

import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.infra.conftest import Synthesized
from tests.infra.emulated.deployment import Deployed, deploy, upload
from tests.infra.emulated.emulator import REGION, emulator
from tests.infra.emulated.filtering import filtered
from tests.infra.emulated.issuing import Issuer, issuer

KEYS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
LEAVE_SECONDS: Final = 30


@pytest.fixture
def token_issuer() -> Generator[Issuer]:
    with issuer() as serving:
        yield serving


@pytest.fixture
def deployed(
    empty_database_url: str, token_issuer: Issuer, synthesized: Synthesized, tmp_path: Path
) -> Generator[Deployed]:
    """Both stacks of `dev`; their migrations have been applied, and the relay runs."""
    synthesis = synthesized("dev")
    with emulator(tmp_path / "emulator") as running:
        upload(synthesis.folder, running)
        deploy("chaingraph-dev-data", filtered(synthesis.data_template, {}), running)
        here = {**token_issuer.settings, **_addresses(empty_database_url), "WORKFLOW_ENDPOINT": running.url}
        service = filtered(synthesis.service_template, here)
        system = Deployed(deploy("chaingraph-dev-service", service, running), running)
        with _relay(system, empty_database_url):
            yield system


def _addresses(database_url: str) -> Mapping[str, str]:
    """A database without tokens, secrets and roles of IAM."""
    return {
        "DATABASE_URL": database_url,
        "DATABASE_IAM_REGION": "",
        "DATABASE_SECRET_ARN": "",
        "DATABASE_SERVICE_ROLE": "",
    }


@contextmanager
def _relay(system: Deployed, database_url: str) -> Generator[None]:
    """The program of the container."""
    settings = {
        "DATABASE_URL": database_url,
        "CONNECTIONS_ENDPOINT": system.connections_endpoint,
        "RELAY_HEALTH_PORT": "0",
    }
    environment = {**KEYS, **settings, "PATH": os.environ["PATH"]}
    program = subprocess.Popen(
        [sys.executable, "-m", "functions.relay.main"], env=environment, stdout=subprocess.PIPE
    )
    try:
        assert program.stdout is not None
        assert program.stdout.readline().startswith(b"ready")
        yield
        program.terminate()
        assert program.wait(LEAVE_SECONDS) == 0
    finally:
        program.kill()
        program.wait()
        assert program.stdout is not None
        program.stdout.close()
