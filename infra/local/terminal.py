"""What a person at the terminal is told."""

from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from chaingraph.cli.local_system import LocalSystem
from infra.local.processes import Ended, Serving
from infra.local.state_folder import LOGS
from infra.local.system_settings import STATE

CONSOLE: Final = Console(highlight=False, soft_wrap=True)


def print_change(change: Serving | Ended) -> None:
    match change:
        case Serving(part=part, pid=pid, attempt=1):
            CONSOLE.print(f"[green]ready[/]    {part:<9} process {pid}")
        case Serving(part=part, pid=pid, attempt=attempt):
            CONSOLE.print(f"[green]ready[/]    {part:<9} process {pid}, start {attempt}")
        case Ended(part=part, reason=reason, pause_seconds=pause):
            CONSOLE.print(f"[red]ended[/]    {part:<9} {reason}; started again in {pause:g} s")


def print_system(system: LocalSystem, state: Path) -> None:
    named = "" if state == STATE else f" --state {state}"
    lines = {
        "WebSocket": system.websocket_url,
        "HTTP": f"{system.http_url}/v1",
        "OpenAPI": f"{system.http_url}/openapi.json",
        "token": f"chaingraph token --user alice{named}",
        "logs": str(state / LOGS),
    }
    CONSOLE.print()
    for name, value in lines.items():
        CONSOLE.print(f"  [bold]{name:<10}[/] {value}")
    CONSOLE.print()


def print_waiting() -> None:
    CONSOLE.print("Ctrl-C ends the system.")


def print_stopping() -> None:
    CONSOLE.print("stopping …")


def print_logs(state: Path) -> None:
    CONSOLE.print(f"logs     {state / LOGS}")


def print_failure(error: Exception) -> None:
    CONSOLE.print(Text.assemble(("error    ", "red"), str(error)))
