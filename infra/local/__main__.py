"""The whole system on this machine: `python -m infra.local`."""

import asyncio
import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from pathlib import Path
from typing import Final

from chaingraph.cli.local_system import LocalSystem
from chaingraph.errors import ChaingraphError
from chaingraph.settings import InvalidSetting
from infra.local.health import Unhealthy
from infra.local.postgres_programs import DidNotStart
from infra.local.processes import PartFailed
from infra.local.supervisor import running_system
from infra.local.system_settings import DATABASE_URL, STATE, SystemSettings, settings_given
from infra.local.terminal import (
    CONSOLE,
    print_change,
    print_failure,
    print_logs,
    print_stopping,
    print_system,
    print_waiting,
)

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    arguments = _parser().parse_args()
    try:
        return asyncio.run(_run(_settings(arguments), arguments))
    except (ChaingraphError, DidNotStart, InvalidSetting) as error:
        print_failure(error)
    except (PartFailed, Unhealthy) as error:
        print_failure(error)
        print_logs(arguments.state)
    return 1


async def _run(settings: SystemSettings, arguments: Namespace) -> int:
    _leave_at_signals()
    with suppress(asyncio.CancelledError):
        async with running_system(settings, print_change) as system:
            print_system(system, settings.state)
            completed = arguments.no_example or await _show(system, settings.state)
            if arguments.demo:
                return 0 if completed else 1
            print_waiting()
            await asyncio.get_running_loop().create_future()
    return 1 if arguments.demo else 0


async def _show(system: LocalSystem, state: Path) -> bool:
    """Whether the example completed."""
    # Loaded when the system serves: until then it would only take time from the parts.
    from infra.local.showcase import show_example  # noqa: PLC0415

    try:
        return await show_example(system, state, CONSOLE)
    except ChaingraphError as error:
        print_failure(error)
        return False


def _leave_at_signals() -> None:
    """The first signal lets this task leave; those that follow find it leaving."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()

    def leave() -> None:
        for number in ENDING:
            loop.add_signal_handler(number, lambda: None)
        print_stopping()
        if task is not None:
            task.cancel()

    for number in ENDING:
        loop.add_signal_handler(number, leave)


def _settings(arguments: Namespace) -> SystemSettings:
    return SystemSettings(
        state=arguments.state,
        port=arguments.port,
        database_url=os.environ.get(DATABASE_URL),
        given=settings_given(os.environ),
    )


def _parser() -> ArgumentParser:
    parser = ArgumentParser("python -m infra.local", description="Runs the whole system on this machine.")
    example = parser.add_mutually_exclusive_group()
    example.add_argument("--demo", action="store_true", help="end with the example flow, 0 if it completed")
    example.add_argument("--no-example", action="store_true", help="start no example flow")
    parser.add_argument(
        "--port", type=int, default=4021, help="of the gateway (default: 4021; 0: a free one)"
    )
    parser.add_argument(
        "--state", type=Path, default=STATE, metavar="DIR", help="the state folder (default: .local)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
