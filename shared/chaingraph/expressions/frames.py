"""Messages between the program and its workers: the length in four bytes, then as many bytes."""

from typing import IO, Final

_LENGTH: Final = 4


def write_frame(stream: IO[bytes], content: bytes) -> None:
    stream.write(len(content).to_bytes(_LENGTH) + content)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next message; None when the other side has gone, perhaps in the middle of one."""
    head = stream.read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    length = int.from_bytes(head)
    content = stream.read(length)
    return content if len(content) == length else None
