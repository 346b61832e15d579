"""The supervisor: what it starts stays up, and goes with it."""

import os
import signal
import socket
import stat
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.local_system import System, database_pid, start, started, state_folder, wait_for_line
from tests.processes import is_running, running

pytestmark = [pytest.mark.xdist_group("system"), pytest.mark.timeout(120)]

PARTS = {
    "gateway": "infra.local.gateway",
    "workflow": "infra.local.workflow",
    "relay": "functions.relay",
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_was_killed_is_started_again(local_system: System, part: str) -> None:
    before = local_system.part(PARTS[part])

    before.kill()
    wait_for_another(local_system, part, before.pid)

    assert local_system.request("GET", "/health").status == 200


def test_a_database_that_was_killed_is_started_again(local_system: System) -> None:
    before = database_pid(local_system.state)

    os.kill(before, signal.SIGKILL)
    wait_for_another(local_system, "database", before)

    assert local_system.request("GET", "/health").status == 200


def test_a_second_start_in_the_same_folder_says_who_is_there(local_system: System) -> None:
    said, code = outcome(local_system.state, "--port", "0")

    assert code == 1
    assert (
        f"runs already with the state folder {local_system.state} (process {local_system.program.pid})"
        in said
    )


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, state_folder() as state:
        port = taken.getsockname()[1]
        said, code = outcome(state, "--port", str(port))

    assert code == 1
    assert f"port {port} is taken" in said


def test_a_wrong_setting_is_named() -> None:
    with state_folder() as state:
        said, code = outcome(state, "--port", "0", CLAIM_TIMEOUT_MS="soon")

    assert code == 1
    assert "CLAIM_TIMEOUT_MS" in said
    assert "Traceback" not in said


def test_the_signing_key_is_for_its_owner_only(local_system: System) -> None:
    mode = (local_system.state / "signing-key.pem").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


def test_the_demo_ends_by_itself_when_its_flow_has_completed(a_server: str) -> None:
    with state_folder() as state:
        said, code = outcome(state, "--demo", "--port", "0", DATABASE_URL=a_server)
        alive = [each for each in running() if str(state) in each.command]

    assert code == 0, said
    assert "flow:completed" in said
    assert alive == []


def test_a_killed_supervisor_takes_its_parts_along_and_the_next_one_ends_the_database_too() -> None:
    with state_folder() as state, started(state) as killed:
        parts, database = killed.processes(), database_pid(state)
        killed.program.kill()
        killed.program.communicate()  # returns when the last part has closed the output it inherited

        with started(state) as system:
            pids = [each.pid for each in system.processes()]
            assert [part.pid for part in parts if is_running(part.pid)] == []
            assert database_pid(state) == database

            system.program.send_signal(signal.SIGINT)
            said, _ = system.program.communicate()

        assert system.program.returncode == 0, said
        assert [pid for pid in (*pids, database) if is_running(pid)] == []


def test_ctrl_c_ends_a_start_too() -> None:
    with state_folder() as state:
        system = System(state, start(state, "--port", "0"))
        wait_for_line(system, "database  process")
        database = database_pid(state)

        system.program.send_signal(signal.SIGINT)
        said, _ = system.program.communicate()

    assert system.program.returncode == 0, said
    assert "Traceback" not in said
    assert not is_running(database)


@pytest.fixture
def a_server(empty_database_url: str, server_url: str) -> Generator[str]:
    """The URL of a database on a server that is there already; what is made beside it is dropped."""
    yield empty_database_url
    name = urlsplit(empty_database_url).path.removeprefix("/")
    with psycopg.connect(server_url, autocommit=True) as session:
        session.execute(SQL("drop database {} with (force)").format(Identifier(f"{name}_workflow")))


def wait_for_another(system: System, part: str, pid: int) -> None:
    """Until the part serves with another process; what was said of earlier ones is passed over."""
    said = wait_for_line(system, f"{part:<9} process ")
    serving = int(said.split()[3].rstrip(","))
    if serving == pid or not is_running(serving):
        wait_for_another(system, part, pid)


def outcome(state: Path, *arguments: str, **settings: str) -> tuple[str, int]:
    """What a start says until it ends, and its exit code."""
    program = start(state, *arguments, **settings)
    said, _ = program.communicate()
    return said, program.returncode
