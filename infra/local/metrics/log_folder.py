"""Logs that grow, read on from where they were read last."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

CHUNK_BYTES: Final = 256 * 1024


class LogFolder:
    """A line counts when its end is written. A log that has become shorter has begun anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}

    def new_lines(self) -> Iterator[list[bytes]]:
        """In portions, so that whoever takes them can do something else in between."""
        for log in sorted(self._folder.glob("*.log")):
            yield from self._of(log)

    def _of(self, log: Path) -> Iterator[list[bytes]]:
        with log.open("rb") as stream:
            place = self._read.get(log, 0)
            stream.seek(0 if place > log.stat().st_size else place)
            rest = b""
            while chunk := stream.read(CHUNK_BYTES):
                *lines, rest = (rest + chunk).split(b"\n")
                self._read[log] = stream.tell() - len(rest)
                yield lines
