"""The PostgreSQL server of the system on one machine, and its two databases.

The server outlives a supervisor that is killed: the next one finds it running and uses it. What was promised
to be stored is on the disk.
"""

import hashlib
import os
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

from infra.local.postgres_programs import DidNotStart, make_folder, may_reach, run_program

INITDB: Final = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale")
OPTIONS: Final = " ".join(
    f"-c {name}"
    for name in (
        "max_connections=500",
        "shared_buffers=256MB",
        "wal_level=minimal",
        "max_wal_senders=0",
        "checkpoint_timeout=15min",
        "jit=off",
        "listen_addresses=''",
    )
)
# The address of a Unix socket has room for 104 characters on macOS, 108 on Linux.
LONGEST_SOCKET_FOLDER: Final = 80
LONGEST_LEAVE_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Databases:
    """The workflow's database is its own: the two parts share no transaction."""

    flows: str
    workflow: str


@dataclass(frozen=True, slots=True)
class Server:
    """A server of our own; `sockets` is where it listens, and nowhere else."""

    folder: Path
    sockets: Path

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/chaingraph?host={self.sockets}"

    @property
    def pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        """Nothing happens when it runs already. Raises DidNotStart."""
        if _answers(self.url):
            return
        make_folder(self.folder)
        make_folder(self.sockets)
        if not (self.folder / "data").exists():
            self._make_data()
        self._await_end()
        listen = f"-c unix_socket_directories='{self.sockets}' {OPTIONS}"
        try:
            self._control("start", "-l", "server.log", "-o", listen)
        except DidNotStart:
            if not _answers(self.url):  # else one was starting already
                raise

    def stop(self) -> None:
        """Nothing happens when it does not run."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self._control("stop", "-m", "fast")

    def _await_end(self) -> None:
        """A server that was killed takes a moment to leave, and until then no other one may start."""
        until = time.monotonic() + LONGEST_LEAVE_SECONDS
        while self._is_leaving() and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)

    def _is_leaving(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except (FileNotFoundError, ProcessLookupError):
            return False
        except PermissionError:  # it is there, and somebody else's
            pass
        return not _answers(self.url)

    def _control(self, *arguments: str) -> None:
        run_program(self.folder, "pg_ctl", *arguments, "-w", "-s", "-D", "data")

    def _make_data(self) -> None:
        """Under another name until it is whole."""
        shutil.rmtree(self.folder / "data.unfinished", ignore_errors=True)
        run_program(self.folder, "initdb", "-D", "data.unfinished", *INITDB)
        (self.folder / "data.unfinished").rename(self.folder / "data")


def own_server(state: Path) -> Server:
    """In the state folder where the server's account may enter it, else where the machine has room for it."""
    name = f"chaingraph-{hashlib.sha256(str(state).encode()).hexdigest()[:12]}"
    temporary = Path(tempfile.gettempdir()).resolve()
    elsewhere = temporary if state.is_relative_to(temporary) else Path("/var/lib")
    folder = state / "postgres" if may_reach(state) else elsewhere / name
    return Server(folder, folder if len(str(folder)) <= LONGEST_SOCKET_FOLDER else temporary / name)


def databases_of(url: str) -> Databases:
    """The database that the URL names, and beside it one for the workflow."""
    return Databases(url, _on(url, f"{_name(url)}_workflow"))


def make_databases(databases: Databases) -> None:
    """What is missing is made."""
    with psycopg.connect(_on(databases.flows, "postgres"), autocommit=True) as session:
        found = {row[0] for row in session.execute("select datname from pg_database").fetchall()}
        for wanted in (_name(databases.flows), _name(databases.workflow)):
            if wanted not in found:
                session.execute(SQL("create database {}").format(Identifier(wanted)))


def _answers(url: str) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(_on(url, "postgres"), connect_timeout=5):
        return True
    return False


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def _on(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()
