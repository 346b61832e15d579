"""The child side of a part of the system: runs a module, and ends with the supervisor that started it.

    python -m infra.local.part SUPERVISOR MODULE

The supervisor holds the other end of the standard input: its end is the end of the supervisor. On Linux the
kernel kills the part as well, so that a stopped part is gone, too.
"""

import os
import runpy
import signal
import sys
import threading

from infra.local.worker_process import die_with


def main() -> None:
    supervisor, module = sys.argv[1:]
    die_with(int(supervisor))
    threading.Thread(target=end_with_supervisor, daemon=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def end_with_supervisor() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
