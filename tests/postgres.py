"""A PostgreSQL server under one folder: started, stopped and deleted with it.

Nothing here has to survive a crash of the machine: the server does not wait for the disk.
"""

import shutil
from pathlib import Path

from infra.local.postgres_programs import make_folder, run_program

INITDB = ("-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
OPTIONS = " ".join(
    f"-c {name}"
    for name in (
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "autovacuum=off",
        "max_connections=300",
    )
)


def start(folder: Path) -> str:
    """Make a server in a new folder and return the URL of its own database."""
    make_folder(folder)
    run_program(folder, "initdb", *INITDB)
    go_on(folder)
    return f"postgresql://postgres@/postgres?host={folder}"


def go_on(folder: Path) -> None:
    """Start the server of this folder again."""
    listen = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
    run_program(
        folder, "pg_ctl", "start", "-w", "-D", "data", "-l", "server.log", "-o", f"{listen} {OPTIONS}"
    )


def crash(folder: Path) -> None:
    """End the server at once: whoever is connected learns nothing, and what was not written is gone."""
    run_program(folder, "pg_ctl", "stop", "-w", "-m", "immediate", "-D", "data")


def stop(folder: Path) -> None:
    """Stop the server, if it runs, and delete its folder, if it is there."""
    if (folder / "data" / "postmaster.pid").exists():
        crash(folder)
    shutil.rmtree(folder, ignore_errors=True)
