"""What a function prints, line by line."""

import asyncio
import os
from collections.abc import Callable
from typing import Final

READ_BYTES: Final = 65536


class OutputLines:
    """Reads a pipe until it is closed; a last line without end is told too."""

    def __init__(self, read_fd: int, on_line: Callable[[str], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._fd = read_fd
        self._on_line = on_line
        self._rest = b""
        os.set_blocking(read_fd, False)
        self._loop.add_reader(read_fd, self._read)

    def close(self) -> None:
        """Tell what is left in the pipe, wait for nothing more."""
        while self._fd != -1 and self._read():
            pass
        self._stop()

    def _read(self) -> int:
        try:
            received = os.read(self._fd, READ_BYTES)
        except BlockingIOError:
            return 0
        *lines, self._rest = (self._rest + received).split(b"\n")
        for line in lines:
            self._on_line(line.decode(errors="replace"))
        if not received:
            self._stop()
        return len(received)

    def _stop(self) -> None:
        if self._fd == -1:
            return
        self._loop.remove_reader(self._fd)
        os.close(self._fd)
        self._fd = -1
        if self._rest:
            self._on_line(self._rest.decode(errors="replace"))
