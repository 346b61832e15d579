"""The workflow as a process of its own: `python -m infra.local.workflow`."""

import asyncio
import contextlib
import os
import signal

import uvloop

from infra.local.log_lines import log_as_json
from infra.local.workflow.launch import WorkflowLaunch, launch_from
from infra.local.workflow.service import WorkflowSettings, run_workflow


def run_service() -> None:
    """Print `ready URL` when it serves; end at SIGTERM or SIGINT."""
    log_as_json("workflow")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve_until_signal(launch_from(os.environ)))


async def serve_until_signal(launch: WorkflowLaunch) -> None:
    serving = asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel if serving else lambda: None)
    settings = WorkflowSettings(
        database_url=launch.database_url, port=launch.port, sweep_interval=launch.sweep_interval
    )
    with contextlib.suppress(asyncio.CancelledError):
        await run_workflow(settings, launch.functions, tell_ready)


def tell_ready(url: str) -> None:
    print(f"ready {url}", flush=True)


if __name__ == "__main__":
    run_service()
