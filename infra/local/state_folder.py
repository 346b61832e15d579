"""The folder in which a system on one machine keeps everything; one system at a time owns it."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from chaingraph.errors import Conflict

LOGS: Final = "logs"


@contextmanager
def owned_state(state: Path) -> Generator[Path]:
    """Make the folder where it is missing, and own it until the end, however that comes.

    Raises Conflict when another process owns it. The lock is the kernel's: it goes with the process.
    """
    state.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(state / "owner", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _own(descriptor, state)
        _begin_logs(state / LOGS)
        yield state.resolve()
    finally:
        os.close(descriptor)


def _begin_logs(folder: Path) -> None:
    """Those of the system before are kept beside the new ones."""
    folder.mkdir(exist_ok=True)
    for log in folder.glob("*.log"):
        log.replace(log.with_suffix(".log.before"))


def _own(descriptor: int, state: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(descriptor, 32, 0).decode().strip() or "unknown"
        raise Conflict(
            f"a system runs already with the state folder {state} (process {owner}): "
            "stop it, or take another folder with --state"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
