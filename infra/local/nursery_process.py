"""The process that imports the handlers of all functions of a parent, once, and forks their zygotes.

Most of what the functions import they have in common. A handler that cannot be imported is passed over here:
its zygote tries again, and says why. No thread is started, so that a fork copies a process at rest.
"""

import ctypes
import gc
import importlib
import os
import signal
import socket
import sys
import traceback
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import orjson

from infra.local.worker_process import LENGTH, Launch, die_with, flush_output, run_zygote

PR_SET_NAME: Final = 15


@dataclass(frozen=True, slots=True)
class NurseryLaunch:
    """What a nursery is told on its command line."""

    modules: list[str]
    control_fd: int
    parent_pid: int


@dataclass(frozen=True, slots=True)
class Order:
    """A zygote to be forked; the descriptors are for its commands, its news and its output."""

    function: dict[str, Any]
    environment: dict[str, str]
    fds: tuple[int, int, int]


def main() -> None:
    launch = NurseryLaunch(**orjson.loads(sys.argv[1]))
    die_with(launch.parent_pid)
    with socket.socket(fileno=launch.control_fd) as control:
        import_quietly(launch.modules)
        gc.collect()
        gc.freeze()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps the zygotes
        while (order := next_order(control)) is not None:
            fork_zygote(control, order)


def import_quietly(modules: Iterable[str]) -> None:
    for module in modules:
        with suppress(Exception, SystemExit):
            importlib.import_module(module)


def next_order(control: socket.socket) -> Order | None:
    head, fds, _, _ = socket.recv_fds(control, LENGTH.size, 3)
    if not head:
        return None
    (size,) = LENGTH.unpack(head)
    text = bytearray()
    while len(text) < size:
        text += control.recv(size - len(text))
    commands, news, output = fds
    return Order(fds=(commands, news, output), **orjson.loads(text))


def fork_zygote(control: socket.socket, order: Order) -> None:
    nursery_pid = os.getpid()
    if os.fork() == 0:
        control.close()
        become_zygote(order, nursery_pid)
    for fd in order.fds:
        os.close(fd)


def become_zygote(order: Order, nursery_pid: int) -> NoReturn:
    """Never returns into the nursery's code."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        die_with(nursery_pid)
        commands, news, output = order.fds
        for stream in (1, 2):
            os.dup2(output, stream)
        os.close(output)
        os.environ.clear()
        os.environ.update(order.environment)
        launch = Launch(**order.function, control_fd=commands, news_fd=news)
        name_process(launch.name)
        run_zygote(launch)
        status = 0
    except BaseException:  # noqa: BLE001 - the outermost loop
        traceback.print_exc()
    finally:
        flush_output()
        os._exit(status)


def name_process(name: str) -> None:
    """What `ps` and `top` show; the kernel keeps 15 characters."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode(), 0, 0, 0)


if __name__ == "__main__":
    main()
