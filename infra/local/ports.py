"""TCP ports of this machine."""

import random
import socket
from typing import Final

from chaingraph.errors import Conflict

HOST: Final = "127.0.0.1"
# Not lent to outgoing connections: a port of ours stays free while its part starts again.
LENT_NOWHERE: Final = range(20_000, 32_000)
ATTEMPTS: Final = 100


def chosen_port(wanted: int) -> int:
    """The port itself, or a free one for 0. Raises Conflict when it is taken."""
    if wanted == 0:
        return free_port()
    if not is_free(wanted):
        raise Conflict(
            f"port {wanted} is taken by another program: stop it, or take another port with --port"
        )
    return wanted


def free_port() -> int:
    for candidate in random.sample(LENT_NOWHERE, ATTEMPTS):
        if is_free(candidate):
            return candidate
    raise Conflict("no free port was found")


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
