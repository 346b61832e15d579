"""The processes of this machine, by parent."""

import os
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Running:
    """`name` is what the process calls itself, in up to 15 characters."""

    pid: int
    parent: int
    name: str
    command: str

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def running() -> list[Running]:
    if PROC.exists():
        found = (_read(int(folder.name)) for folder in PROC.iterdir() if folder.name.isdigit())
        return [each for each in found if each is not None]
    wanted = "pid=,ppid=,ucomm=,command="
    listed = subprocess.run(["ps", "-axo", wanted], capture_output=True, text=True, check=True)
    lines = (line.split(None, 3) for line in listed.stdout.splitlines())
    return [Running(int(pid), int(parent), name, command) for pid, parent, name, command in lines]


def below(pid: int, processes: Iterable[Running]) -> list[Running]:
    """Children, their children, and so on."""
    known = list(processes)
    children = [each for each in known if each.parent == pid]
    return [found for child in children for found in (child, *below(child.pid, known))]


def is_running(pid: int) -> bool:
    """One that ended and is not yet waited for does not run."""
    return any(each.pid == pid for each in running())


def worked_ms(pid: int) -> float:
    """The processor time that a process has used; 0 if it is gone."""
    tasks = PROC / str(pid) / "task"
    if PROC.exists():
        used = (told.read_text().split()[0] for told in tasks.glob("*/schedstat"))
        return sum(int(nanoseconds) for nanoseconds in used) / 1_000_000
    listed = subprocess.run(
        ["ps", "-o", "time=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    minutes, _, seconds = listed.stdout.strip().rpartition(":")
    return (60 * float(minutes or 0) + float(seconds or 0)) * 1000


def variable(name: str, pid: int) -> str:
    """In the environment of a process."""
    told = PROC / str(pid) / "environ"
    if told.exists():
        words = told.read_text().split("\0")
    else:
        listed = ["ps", "eww", "-o", "command=", "-p", str(pid)]
        words = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
    (found,) = [word for word in words if word.startswith(f"{name}=")]
    return found.removeprefix(f"{name}=")


def _read(pid: int) -> Running | None:
    with suppress(OSError):
        head, _, tail = (PROC / str(pid) / "stat").read_text().rpartition(")")
        state, parent = tail.split()[:2]
        command = (PROC / str(pid) / "cmdline").read_text().replace("\0", " ")
        return None if state == "Z" else Running(pid, int(parent), head.partition("(")[2], command)
    return None
