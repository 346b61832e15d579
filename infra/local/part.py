"""The child side of a part of the system: runs a program, and ends with the supervisor that started it.

    python -m infra.local.part SUPERVISOR PACKAGE.MODULE:FUNCTION

The module is imported at once; the function is called when the supervisor says so, by one byte over the
standard input. The supervisor holds the other end: its end is the end of the supervisor. On Linux the kernel
kills the part as well, so that a stopped part is gone, too.
"""

import importlib
import os
import signal
import sys
import threading

from infra.local.worker_process import die_with


def main() -> int | None:
    supervisor, program = sys.argv[1:]
    die_with(int(supervisor))
    module_name, _, function_name = program.partition(":")
    run = getattr(importlib.import_module(module_name), function_name)
    if not os.read(0, 1):
        return 1
    threading.Thread(target=end_with_supervisor, daemon=True).start()
    return run()


def end_with_supervisor() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
