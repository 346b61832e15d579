"""The whole system on this machine: `python -m infra.local`."""

import asyncio
import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from chaingraph.cli.local_system import LocalSystem
from chaingraph.errors import ChaingraphError
from chaingraph.settings import InvalidSetting
from infra.local.health import Unhealthy
from infra.local.postgres_programs import DidNotStart
from infra.local.processes import PartFailed
from infra.local.showcase import show_example
from infra.local.supervisor import running_system
from infra.local.system_settings import DATABASE_URL, STATE, SystemSettings, settings_given
from infra.local.terminal import (
    CONSOLE,
    print_change,
    print_failure,
    print_stopping,
    print_system,
    print_waiting,
)


def main() -> int:
    arguments = _parser().parse_args()
    try:
        return asyncio.run(_run(_settings(arguments), arguments))
    except (ChaingraphError, DidNotStart, InvalidSetting, PartFailed, Unhealthy) as error:
        print_failure(error)
        return 1


async def _run(settings: SystemSettings, arguments: Namespace) -> int:
    ended = _end_at_signals()
    async with running_system(settings, print_change) as system:
        print_system(system, settings.state)
        showing = asyncio.create_task(_show(system, settings, arguments))
        waiting = asyncio.create_task(ended.wait())
        await asyncio.wait([showing, waiting], return_when=asyncio.FIRST_COMPLETED)
        if arguments.demo:
            return 0 if showing.done() and showing.result() else 1
        await waiting
        print_stopping()
    return 0


async def _show(system: LocalSystem, settings: SystemSettings, arguments: Namespace) -> bool:
    """Whether the example completed; nothing to complete counts as such."""
    if arguments.no_example:
        print_waiting()
        return True
    try:
        return await show_example(system, settings.state, CONSOLE)
    except ChaingraphError as error:
        print_failure(error)
        return False
    finally:
        print_waiting()


def _end_at_signals() -> asyncio.Event:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    return ended


def _settings(arguments: Namespace) -> SystemSettings:
    return SystemSettings(
        state=arguments.state,
        port=arguments.port,
        database_url=os.environ.get(DATABASE_URL),
        given=settings_given(os.environ),
    )


def _parser() -> ArgumentParser:
    parser = ArgumentParser("python -m infra.local", description="Runs the whole system on this machine.")
    parser.add_argument("--demo", action="store_true", help="end with the example flow, 0 if it completed")
    parser.add_argument("--no-example", action="store_true", help="start no example flow")
    parser.add_argument(
        "--port", type=int, default=4021, help="of the gateway (default: 4021; 0: a free one)"
    )
    parser.add_argument(
        "--state", type=Path, default=STATE, metavar="DIR", help="the state folder (default: .local)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
