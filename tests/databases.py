"""Databases for tests: one server for a whole run, one migrated template, one copy for each test that asks.

The process that was started by hand owns a folder for the run; with xdist its workers learn the folder from
it. The first test that asks starts the server there; the owner stops it and deletes the folder when the run
has ended. What a killed run left behind is removed by the next one.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from chaingraph.postgres.migrate import migrate
from tests import postgres

PREFIX = "chaingraph-tests-"
# Copied as files: through the log, the default, it takes the server four times as long.
COPY = SQL("create database {} template {} strategy file_copy")
RUN_FOLDER = pytest.StashKey[Path]()


class XdistNode(Protocol):
    config: pytest.Config
    workerinput: dict[str, str]


def pytest_configure(config: pytest.Config) -> None:
    from_owner: dict[str, str] | None = getattr(config, "workerinput", None)
    if from_owner is not None:
        config.stash[RUN_FOLDER] = Path(from_owner["run_folder"])
        return
    _remove_leftovers()
    folder, owned = _own_folder()
    config.stash[RUN_FOLDER] = folder
    config.add_cleanup(lambda: os.close(owned))  # the last added runs first
    config.add_cleanup(lambda: _close(folder))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: XdistNode) -> None:
    node.workerinput["run_folder"] = str(node.config.stash[RUN_FOLDER])


@pytest.fixture(scope="session")
def run_folder(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.stash[RUN_FOLDER]


@pytest.fixture(scope="session")
def server_url(run_folder: Path) -> str:
    """The URL of a database that nobody uses, on the server of this run."""
    with _locked(run_folder / "starting"):
        known = run_folder / "url"
        if not known.exists():
            known.write_text(os.environ.get("TEST_DATABASE_URL") or postgres.start(run_folder / "postgres"))
        return known.read_text()


@pytest.fixture(scope="session")
def migrated_template(server_url: str, run_folder: Path) -> str:
    """The name of a database with every migration applied, to be copied."""
    name = _prefix(run_folder)
    with _locked(run_folder / "migrating"):
        done = run_folder / "migrated"
        if not done.exists():
            _make_template(server_url, name)
            done.touch()
        return name


@pytest.fixture
def database_url(server_url: str, run_folder: Path, migrated_template: str) -> Generator[str]:
    """A migrated database for this test alone."""
    with _database(server_url, f"{_prefix(run_folder)}_{uuid4().hex}", template=migrated_template) as url:
        yield url


@pytest.fixture
def empty_database_url(server_url: str, run_folder: Path) -> Generator[str]:
    """A database for this test alone, without any migration applied."""
    with _database(server_url, f"{_prefix(run_folder)}_{uuid4().hex}", template="template1") as url:
        yield url


@contextmanager
def _database(server_url: str, name: str, *, template: str) -> Generator[str]:
    with psycopg.connect(server_url, autocommit=True) as db:
        db.execute(COPY.format(Identifier(name), Identifier(template)))
        try:
            yield _on(server_url, name)
        finally:
            db.execute(SQL("drop database {} with (force)").format(Identifier(name)))


def _own_folder() -> tuple[Path, int]:
    """Make a folder that gets its name when it is locked, so that no other run takes it for a leftover."""
    unnamed = Path(tempfile.mkdtemp(prefix=f"new-{PREFIX}"))
    unnamed.chmod(0o755)
    owned = _lock(unnamed / "owned", LOCK_EX)
    return unnamed.rename(unnamed.with_name(unnamed.name.removeprefix("new-"))), owned


def _prefix(folder: Path) -> str:
    return folder.name.replace("-", "_")


def _make_template(server_url: str, name: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as db:
        db.execute(SQL("drop database if exists {}").format(Identifier(name)))  # of a migration that failed
        db.execute(SQL("create database {}").format(Identifier(name)))
    asyncio.run(migrate(_on(server_url, name)))


def _on(server_url: str, database: str) -> str:
    return urlsplit(server_url)._replace(path=f"/{database}").geturl()


def _close(folder: Path) -> None:
    known = folder / "url"
    if known.exists() and not (folder / "postgres").exists():
        with suppress(psycopg.OperationalError):  # a server of somebody else, which may be gone
            _drop_databases(known.read_text(), _prefix(folder))
    postgres.stop(folder / "postgres")
    shutil.rmtree(folder)


def _drop_databases(server_url: str, prefix: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as db:
        left = db.execute("select datname from pg_database where starts_with(datname, %s)", [prefix])
        for (name,) in left.fetchall():
            db.execute(SQL("drop database {} with (force)").format(Identifier(name)))


def _remove_leftovers() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # its run goes on, or another account owns it
            owned = _lock(folder / "owned", LOCK_EX | LOCK_NB)
            _close(folder)
            os.close(owned)


@contextmanager
def _locked(path: Path) -> Generator[None]:
    lock = _lock(path, LOCK_EX)
    try:
        yield
    finally:
        os.close(lock)


def _lock(path: Path, how: int) -> int:
    """Lock a file until the descriptor is closed or this process ends."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        flock(lock, how)
    except OSError:
        os.close(lock)
        raise
    return lock
