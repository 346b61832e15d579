"""A TCP proxy of one port, whose connections a test can cut."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress


class TcpProxy:
    """Cutting closes both sides of every connection at once; new ones are accepted again."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self.accepted = 0

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    def serve(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                target = socket.create_connection(("127.0.0.1", self._target_port))
                self.accepted += 1
                self._pairs.add((client, target))
                for source, sink in ((client, target), (target, client)):
                    threading.Thread(target=_pump, args=(source, sink), daemon=True).start()

    def cut(self) -> None:
        while self._pairs:
            for end in self._pairs.pop():
                _shut(end)

    def close(self) -> None:
        _shut(self._listener)
        self.cut()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while received := source.recv(65536):
            sink.sendall(received)
    _shut(source)
    _shut(sink)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def tcp_proxy(target_port: int) -> Generator[TcpProxy]:
    proxy = TcpProxy(target_port)
    serving = threading.Thread(target=proxy.serve, daemon=True)
    serving.start()
    try:
        yield proxy
    finally:
        proxy.close()
        serving.join()
