"""The gateway as a process of its own: `python -m infra.local.gateway`."""

import asyncio
import contextlib
import logging
import os
import signal

import uvloop

from functions.route_table import ANSWERED_ROUTES, HTTP_ROUTES, WEBSOCKET_ROUTES
from infra.local.gateway.disturbance import Calm, Stormy
from infra.local.gateway.launch import GatewayLaunch, launch_from
from infra.local.gateway.routing import Routes
from infra.local.gateway.server import serve
from infra.local.log_lines import log_as_json
from infra.local.workers.functions import Functions


def run_gateway() -> None:
    """Print `ready PORT` when it serves; end at SIGTERM or SIGINT with every socket closed."""
    log_as_json("gateway")
    logging.getLogger("websockets").setLevel(logging.WARNING)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve_until_signal(launch_from(os.environ)))


async def serve_until_signal(launch: GatewayLaunch) -> None:
    serving = asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel if serving else lambda: None)
    disturbance = Stormy(launch.weather) if launch.weather else Calm()
    routes = Routes(WEBSOCKET_ROUTES, ANSWERED_ROUTES, HTTP_ROUTES)
    with contextlib.suppress(asyncio.CancelledError):
        async with Functions(launch.functions) as functions:
            await serve(launch.gateway, functions, routes, tell_ready, disturbance=disturbance)


def tell_ready(port: int) -> None:
    print(f"ready {port}", flush=True)


if __name__ == "__main__":
    run_gateway()
