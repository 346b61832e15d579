"""The child side of a function: a zygote that imports the handler once, and the workers that it forks.

The zygote starts no thread and no event loop, so that a fork copies a process at rest. A worker runs one
invocation at a time on its main thread. Nobody outlives the parent: the end of the parent closes every
socket, and on Linux the kernel also kills the children of a dead process.
"""

import contextlib
import ctypes
import gc
import importlib
import os
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import orjson

FORK: Final = b"F"
REAP: Final = b"R"
COMMAND: Final = struct.Struct("!cq")
LENGTH: Final = struct.Struct("!I")

MAX_RESPONSE_BYTES: Final = 6 * 1024 * 1024 + 100
RECEIVE_BYTES: Final = 256 * 1024
PR_SET_PDEATHSIG: Final = 1

# What the runtime of Lambda refuses to turn into JSON is refused here too.
ENCODING: Final = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_NON_STR_KEYS

Handler = Callable[[Any, "Invocation"], object]


@dataclass(frozen=True, slots=True)
class Launch:
    """What a zygote is told. It tells its news, and by their end its own, over a pipe."""

    name: str
    handler: str
    timeout_seconds: float
    memory_mb: int
    control_fd: int
    news_fd: int


@dataclass(frozen=True, slots=True)
class Invocation:
    """The second argument of a Lambda handler, with the attributes that AWS gives it."""

    function_name: str
    memory_limit_in_mb: int
    invoked_function_arn: str
    aws_request_id: str
    log_group_name: str
    log_stream_name: str
    deadline: float
    function_version: str = "$LATEST"
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.monotonic()) * 1000))


def run_zygote(launch: Launch) -> None:
    """Ends when the parent closes the commands."""
    tell(launch, {"pid": os.getpid()})
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # pyright: ignore[reportAttributeAccessIssue]
    with socket.socket(fileno=launch.control_fd) as control:
        try:
            handler = load_handler(launch.handler)
        except BaseException as error:
            tell(launch, {"error": import_failure(launch, error)})
            raise
        tell(launch, {"ready": True})
        gc.collect()
        gc.freeze()
        fork_on_demand(control, launch, handler)


def tell(launch: Launch, news: dict[str, object]) -> None:
    with open(launch.news_fd, "wb", closefd=False) as pipe:
        pipe.write(framed(news))


def die_with(parent_pid: int) -> None:
    """Ask the kernel to kill this process when its parent is gone; leave at once if it already is."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)


def load_handler(path: str) -> Handler:
    module_name, _, function_name = path.partition(":")
    return getattr(importlib.import_module(module_name), function_name)


def import_failure(launch: Launch, error: BaseException) -> dict[str, object]:
    """The failure under the name that Lambda gives it."""
    module_name, _, function_name = launch.handler.partition(":")
    match error:
        case ImportError():
            kind, message = "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
        case SyntaxError():
            kind, message = "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}"
        case AttributeError() if error.name == function_name:
            kind, message = (
                "Runtime.HandlerNotFound",
                f"Handler '{function_name}' missing on module '{module_name}'",
            )
        case _:
            kind, message = type(error).__name__, str(error)
    return failure(kind, message, error)


def fork_on_demand(control: socket.socket, launch: Launch, handler: Handler) -> None:
    """Serve the parent's commands until it closes the socket; then take the workers along."""
    children: set[int] = set()
    while (command := next_command(control)) is not None:
        match command:
            case (kind, pid, None) if kind == REAP:
                children.discard(pid)
                reap(pid)
            case (_, _, int(worker_fd)):
                children.add(fork_worker(control, worker_fd, launch, handler))
            case _:
                raise ValueError(command)
    for pid in children:
        reap(pid)


def next_command(control: socket.socket) -> tuple[bytes, int, int | None] | None:
    received, fds, _, _ = socket.recv_fds(control, COMMAND.size, 1)
    while received and len(received) < COMMAND.size:
        received += control.recv(COMMAND.size - len(received))
    if not received:
        return None
    kind, pid = COMMAND.unpack(received)
    return kind, pid, fds[0] if fds else None


def reap(pid: int) -> None:
    """Until it is reaped a dead worker keeps its pid, so that no signal can meet a stranger."""
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    ended = os.waitstatus_to_exitcode(status)
    if ended not in (0, -signal.SIGKILL):
        reason = f"exit status {ended}" if ended > 0 else f"signal: {signal.Signals(-ended).name}"
        print(f"worker {pid} ended: {reason}", file=sys.stderr)


def fork_worker(control: socket.socket, worker_fd: int, launch: Launch, handler: Handler) -> int:
    zygote_pid = os.getpid()
    pid = os.fork()
    if pid == 0:
        control.close()
        os.close(launch.news_fd)
        run_worker(worker_fd, zygote_pid, launch, handler)
    os.close(worker_fd)
    return pid


def run_worker(worker_fd: int, zygote_pid: int, launch: Launch, handler: Handler) -> NoReturn:
    """Never returns into the zygote's code."""
    status = 1
    # Closed by the end of the process only: what the parent reads as its end must not come before it.
    link = socket.socket(fileno=worker_fd)
    try:
        die_with(zygote_pid)
        with contextlib.suppress(ConnectionError):
            link.sendall(framed({"pid": os.getpid()}))
            serve(link, launch, handler)
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:  # noqa: BLE001 - the outermost loop
        traceback.print_exc()
    finally:
        flush_output()
        os._exit(status)


def serve(link: socket.socket, launch: Launch, handler: Handler) -> None:
    while (request := receive_frame(link)) is not None:
        answer = run(orjson.loads(request), launch, handler)
        flush_output()
        link.sendall(LENGTH.pack(len(answer)) + answer)


def run(request: dict[str, Any], launch: Launch, handler: Handler) -> bytes:
    """One invocation, as the frame that answers it."""
    try:
        result = handler(request["payload"], new_invocation(launch, request["requestId"]))
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is its answer
        return encoded_failure(type(error).__name__, str(error), error)
    try:
        answer = orjson.dumps({"result": result}, option=ENCODING)
    except TypeError as error:
        return encoded_failure("Runtime.MarshalError", f"Unable to marshal response: {error}", error)
    if len(answer) > MAX_RESPONSE_BYTES:
        return encoded_failure(
            "Function.ResponseSizeTooLarge",
            f"Response payload size exceeded {MAX_RESPONSE_BYTES} bytes",
            None,
        )
    return answer


def new_invocation(launch: Launch, request_id: str) -> Invocation:
    return Invocation(
        function_name=launch.name,
        memory_limit_in_mb=launch.memory_mb,
        invoked_function_arn=f"arn:aws:lambda:us-east-1:000000000000:function:{launch.name}",
        aws_request_id=request_id,
        log_group_name=f"/aws/lambda/{launch.name}",
        log_stream_name=f"local/{os.getpid()}",
        deadline=time.monotonic() + launch.timeout_seconds,
    )


def encoded_failure(kind: str, message: str, error: Exception | None) -> bytes:
    return orjson.dumps({"error": failure(kind, message, error)})


def failure(kind: str, message: str, error: BaseException | None) -> dict[str, object]:
    """As Lambda answers a failed invocation; text that is not valid Unicode is escaped."""
    lines = traceback.format_tb(error.__traceback__) if error else []
    return {
        "errorType": kind,
        "errorMessage": printable(message),
        "stackTrace": [printable(line) for line in lines],
    }


def printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def framed(message: dict[str, object]) -> bytes:
    body = orjson.dumps(message)
    return LENGTH.pack(len(body)) + body


def receive_frame(link: socket.socket) -> bytes | None:
    """The next frame, or None when the parent has closed the socket. The parent sends one frame at a time."""
    received = link.recv(RECEIVE_BYTES)
    if not received:
        return None
    if len(received) >= LENGTH.size and len(received) == LENGTH.size + LENGTH.unpack_from(received)[0]:
        return received[LENGTH.size :]
    return receive_rest(link, bytearray(received))


def receive_rest(link: socket.socket, received: bytearray) -> bytes | None:
    while len(received) < LENGTH.size or len(received) < LENGTH.size + LENGTH.unpack_from(received)[0]:
        more = link.recv(RECEIVE_BYTES)
        if not more:
            return None
        received += more
    return bytes(received[LENGTH.size :])


def flush_output() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
