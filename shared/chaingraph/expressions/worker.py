"""The program that evaluates: one request after the other from its input, until there are no more.

It is started with the path of modules as its arguments and knows nothing else of who started it.
"""

import os
import signal
import sys
from typing import BinaryIO, Final, cast

import orjson

from chaingraph.errors import Rejected
from chaingraph.expressions.evaluation import evaluated
from chaingraph.expressions.frames import read_frame, write_frame
from chaingraph.graph.facilities import Evaluation, ExpressionCall
from chaingraph.graph.json_types import object_of

READY: Final = b"ready"
# About a thousand calls of functions inside of each other.
RECURSION_LIMIT: Final = 10_000
_LAST: Final = b'{"refused":"The expression needs too much memory","ends":true}'


def main(memory_bytes: int, max_bytes: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setrecursionlimit(RECURSION_LIMIT)
    replies = _own_output()
    os.environ.clear()
    _limit_memory(memory_bytes)
    write_frame(replies, READY)
    while (request := read_frame(sys.stdin.buffer)) is not None:
        try:
            reply = _answered(request, max_bytes)
        except MemoryError:
            write_frame(replies, _LAST)
            return
        write_frame(replies, reply)


def _own_output() -> BinaryIO:
    """Replies have the output for themselves: what a library prints goes nowhere."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return replies


def _limit_memory(most_bytes: int) -> None:
    try:
        import resource  # noqa: PLC0415 - not on every platform

        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    except (ImportError, ValueError, OSError):
        return


def _answered(request: bytes, max_bytes: int) -> bytes:
    try:
        reply = orjson.dumps({"value": evaluated(_call(request))})
    except Rejected as refusal:
        return _refused(refusal.message)
    except TypeError:
        return _refused("The expression failed: its value is a text that cannot be stored")
    if len(reply) > max_bytes:
        return _refused(f"The expression's value is larger than {max_bytes} bytes")
    return reply


def _refused(message: str) -> bytes:
    return orjson.dumps({"refused": message.encode("utf-8", "replace").decode()})


def _call(request: bytes) -> ExpressionCall:
    fields = object_of(orjson.loads(request))
    return ExpressionCall(
        expression=str(fields["expression"]),
        subject=fields["subject"],
        evaluation=Evaluation(str(fields["evaluation"])),
        initial=fields["initial"],
        variables=object_of(fields["variables"]),
        now_ms=cast("int", fields["now_ms"]),
        seed=str(fields["seed"]),
    )
