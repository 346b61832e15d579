"""One client WebSocket: frames in, messages out, and the limits of API Gateway."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from websockets.exceptions import InvalidState
from websockets.frames import BINARY, CONT, TEXT, CloseCode, Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import OPEN, SERVER
from websockets.protocol import Protocol as Frames

from infra.local.gateway.handshake import encoded_acceptance, encoded_refusal
from infra.local.gateway.messages import Answer
from infra.local.gateway.payloads import Peer
from infra.local.gateway.settings import GatewaySettings

MAX_EARLY_BYTES: Final = 256 * 1024


class Gone(Exception):
    """The client is not there any more."""


class BufferFull(Exception):
    """The client does not read what was sent to it."""


class Listener(Protocol):
    """Who wants to know of a connection. `closed` is called once, for what was accepted."""

    def received_text(self, connection: "Connection", body: str) -> None: ...

    def received_binary(self, connection: "Connection", body: bytes) -> None: ...

    def closed(self, connection: "Connection", code: int, reason: str) -> None: ...


class Connection(asyncio.Protocol):
    """What arrives before the connection is accepted is kept until then."""

    def __init__(
        self, peer: Peer, transport: asyncio.Transport, settings: GatewaySettings, listener: Listener
    ) -> None:
        self.peer = peer
        self.is_lost = False
        self.last_active_at = time.time()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._settings = settings
        self._listener = listener
        self._early = bytearray()
        self._frames: Frames | None = None
        self._parts: list[Frame] = []
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def accept(self, response: Response, subprotocol: str | None) -> None:
        limits = (self._settings.max_message_bytes, self._settings.max_frame_bytes)
        self._frames = Frames(SERVER, state=OPEN, max_size=limits)
        self._transport.write(encoded_acceptance(response, subprotocol))
        self._arm("life", self._settings.life_seconds, self._going_away)
        self._arm("idle", self._settings.idle_seconds, self._check_idle)
        if self._early:
            self._receive(self._frames, bytes(self._early))

    def refuse(self, answer: Answer) -> None:
        self._transport.write(encoded_refusal(answer))
        self._transport.close()

    def send(self, message: bytes) -> None:
        """As text, or as a binary message where it is not text."""
        if self._transport.get_write_buffer_size() > self._settings.max_unsent_bytes:
            raise BufferFull
        frames = self._open_frames()
        try:
            for opcode, part, is_last in self._fragments(message):
                frames.send_frame(Frame(opcode, part, is_last))
        except InvalidState as error:
            raise Gone from error
        self.last_active_at = time.time()
        self._flush(frames)

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake; a client that does not answer is cut off."""
        with contextlib.suppress(Gone):
            frames = self._open_frames()
            frames.send_close(code, reason)
            self._flush(frames)
            self._arm("closing", self._settings.closing_seconds, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        if self._frames is not None:
            self._receive(self._frames, data)
        elif len(self._early) + len(data) <= MAX_EARLY_BYTES:
            self._early += data
        else:
            self._transport.abort()

    def eof_received(self) -> None:
        if self._frames is not None:
            self._frames.receive_eof()
            self._flush(self._frames)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.is_lost = True
        self.ended.set_result(None)
        for timer in self._timers.values():
            timer.cancel()
        if self._frames is not None:
            self._listener.closed(self, *ending(self._frames))

    def _receive(self, frames: Frames, received: bytes) -> None:
        frames.receive_data(received)
        events = frames.events_received()
        for frame in events:
            if isinstance(frame, Frame) and frame.opcode in (TEXT, BINARY, CONT):
                self._take(frames, frame)
        self._flush(frames)

    def _take(self, frames: Frames, frame: Frame) -> None:
        self._parts.append(frame)
        if not frame.fin:
            return
        parts, self._parts = self._parts, []
        self.last_active_at = time.time()
        body = b"".join(part.data for part in parts)
        if parts[0].opcode is BINARY:
            self._listener.received_binary(self, body)
            return
        try:
            text = body.decode()
        except UnicodeDecodeError:
            frames.fail(CloseCode.INVALID_DATA, "a text message is UTF-8")
        else:
            self._listener.received_text(self, text)

    def _fragments(self, message: bytes) -> Iterator[tuple[Opcode, bytes, bool]]:
        opcode, size = opcode_for(message), self._settings.max_frame_bytes
        for start in range(0, len(message) or 1, size):
            yield opcode, message[start : start + size], start + size >= len(message)
            opcode = CONT

    def _open_frames(self) -> Frames:
        if self._frames is None or self._frames.state is not OPEN or self.is_lost:
            raise Gone
        return self._frames

    def _flush(self, frames: Frames) -> None:
        writes = frames.data_to_send()
        if self.is_lost or not writes:
            return
        self._transport.write(b"".join(writes))
        if frames.eof_sent and "ending" not in self._timers:
            # The stream is half closed and read on, or unread input would reset it under the close frame.
            self._transport.write_eof()
            self._arm("ending", self._settings.closing_seconds, self._transport.abort)

    def _check_idle(self) -> None:
        left = self.last_active_at + self._settings.idle_seconds - time.time()
        if left > 0:
            self._arm("idle", left, self._check_idle)
        else:
            self._going_away()

    def _going_away(self) -> None:
        self.close(CloseCode.GOING_AWAY, "Going away")

    def _arm(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        self._timers[name] = self._loop.call_later(seconds, action)


def opcode_for(message: bytes) -> Opcode:
    try:
        message.decode()
    except UnicodeDecodeError:
        return BINARY
    return TEXT


def ending(frames: Frames) -> tuple[int, str]:
    """Code and reason as API Gateway tells them: of the side that closed first."""
    if frames.close_rcvd is not None and frames.close_rcvd_then_sent:
        first = frames.close_rcvd
    elif frames.close_sent is not None:
        first = frames.close_sent
    else:
        return CloseCode.ABNORMAL_CLOSURE, "Connection closed abnormally"
    if first.code == CloseCode.NO_STATUS_RCVD:
        return CloseCode.NO_STATUS_RCVD, "Client-side close frame status not set"
    return first.code, first.reason
