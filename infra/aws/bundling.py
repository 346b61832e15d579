"""Makes the bundles: without Docker, the same from the same input.

Libraries come from the lock file, as wheels for Lambda's processor and Python. Both bundles are compiled for
that Python, where it is found on this machine: /opt and /var/task cannot be written to, so that code that
comes without its compiled form is compiled anew at every cold start.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from infra.aws.bundles import Bundle, Bundles
from infra.aws.environments import Environment, Tracing

ROOT: Final = Path(__file__).parents[2]
MADE: Final = ROOT / "dist" / "aws"
PYTHON: Final = "3.13"
PLATFORM: Final = "aarch64-manylinux_2_28"
# Lambda's runtime brings the SDK, and no function loads it before a node asks for it.
OF_THE_RUNTIME: Final = ("boto3", "botocore", "s3transfer")
GROUPS: Final = ("lambda", "nodes")
GROUP_OF_TRACING: Final = "tracing"
NOT_OF_FUNCTIONS: Final = ("cli", "relay")
AUTHORITIES: Final = "database_authorities.pem"

Run = Callable[[list[str]], str]


def run(command: list[str]) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603


def bundles_of(environment: Environment) -> Bundles:
    return Bundling(MADE, python=python_of_lambda(), groups=groups_of(environment)).bundles()


def groups_of(environment: Environment) -> tuple[str, ...]:
    """The dependency groups of the layer."""
    match environment.tracing:
        case Tracing.OF_THE_PLATFORM:
            return GROUPS
        case Tracing.OF_OUR_CODE:
            return (*GROUPS, GROUP_OF_TRACING)


class Bundling:
    """`folder` keeps what was made; what is there already with the right digest is not made again."""

    def __init__(
        self, folder: Path, *, python: str | None, groups: Iterable[str] = GROUPS, run: Run = run
    ) -> None:
        self._folder = folder
        self._python = python
        self._groups = tuple(groups)
        self._run = run

    def bundles(self) -> Bundles:
        return Bundles(code=self.code(), libraries=self.libraries())

    def code(self) -> Bundle:
        sources = dict(_code_sources())
        digest = self._digest(f"{name}\0".encode() + path.read_bytes() for name, path in sources.items())
        return self._made("code", digest, "/var/task", lambda target: _copy(sources, target))

    def libraries(self) -> Bundle:
        requirements = self._requirements()
        authorities = (ROOT / "infra" / "aws" / AUTHORITIES).read_bytes()
        digest = self._digest([requirements.encode(), PLATFORM.encode(), authorities])
        return self._made("libraries", digest, "/opt", lambda target: self._install(requirements, target))

    def _made(self, name: str, digest: str, place: str, make: Callable[[Path], None]) -> Bundle:
        """`place`: where it lies in Lambda, as tracebacks shall say."""
        target = self._folder / f"{name}-{digest[:16]}"
        if not target.exists():
            unfinished = self._folder / f"unfinished-{name}"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            make(unfinished)
            self._compile(unfinished, place)
            unfinished.rename(target)
        return Bundle(target, digest)

    def _digest(self, parts: Iterable[bytes]) -> str:
        """Of what a bundle is made from, and of the Python that compiles it."""
        digest = hashlib.sha256((self._version() + "\0").encode())
        for part in parts:
            digest.update(hashlib.sha256(part).digest())
        return digest.hexdigest()

    def _version(self) -> str:
        return "" if self._python is None else self._run([self._python, "-VV"])

    def _requirements(self) -> str:
        without = [part for name in OF_THE_RUNTIME for part in ("--prune", name)]
        groups = ["--no-default-groups", *(part for name in self._groups for part in ("--group", name))]
        command = [_uv(), "export", "-q", "--frozen", "--no-emit-project", "--no-header", "--no-annotate"]
        return self._run([*command, "--project", str(ROOT), *groups, *without])

    def _install(self, requirements: str, target: Path) -> None:
        listed = target / "requirements.txt"
        listed.write_text(requirements, encoding="utf-8")
        python = target / "python"
        platform = ["--python-platform", PLATFORM, "--python-version", PYTHON, "--only-binary", ":all:"]
        install = [_uv(), "pip", "install", "-q", "--no-deps", "--require-hashes", "--link-mode", "copy"]
        self._run([*install, *platform, "--target", str(python), "-r", str(listed)])
        listed.unlink()
        _drop_traces(python)
        shutil.copy(ROOT / "infra" / "aws" / AUTHORITIES, target / AUTHORITIES)

    def _compile(self, target: Path, place: str) -> None:
        """One process: in several, the order of what is interned differs from time to time."""
        if self._python is None:
            return
        where = ["-s", str(target), "-p", place]
        mode = ["--invalidation-mode", "unchecked-hash", "-q", "-j", "1"]
        self._run([self._python, "-m", "compileall", *mode, *where, str(target)])


def python_of_lambda() -> str | None:
    """An interpreter of Lambda's version on this machine: this one, one on the path, or one of pyenv."""
    name = f"python{PYTHON}"
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{PYTHON}.*/bin/{name}"))
    candidates = [sys.executable, shutil.which(name), *map(str, pyenv)]
    return next((python for python in candidates if python is not None and _is_of_lambda(python)), None)


def _is_of_lambda(python: str) -> bool:
    """A name on the path may be a shim that leads nowhere."""
    asked = subprocess.run(  # noqa: S603
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return asked.returncode == 0 and asked.stdout.strip() == PYTHON


def _code_sources() -> Iterable[tuple[str, Path]]:
    """Each file by its name in the bundle, in a fixed order."""
    trees = ((ROOT / "shared" / "chaingraph", "chaingraph"), (ROOT / "functions", "functions"))
    for tree, name in trees:
        for path in sorted(tree.rglob("*")):
            inside = path.relative_to(tree)
            if path.is_file() and _belongs(inside):
                yield f"{name}/{inside.as_posix()}", path


def _belongs(inside: Path) -> bool:
    is_left_out = inside.parts[0] in NOT_OF_FUNCTIONS
    return not is_left_out and "__pycache__" not in inside.parts and inside.suffix not in {".pyc", ".md"}


def _copy(sources: dict[str, Path], target: Path) -> None:
    for name, path in sources.items():
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _drop_traces(python: Path) -> None:
    """What says where and when it was installed, and commands that no function runs."""
    shutil.rmtree(python / "bin", ignore_errors=True)
    for trace in (
        *python.glob(".lock"),
        *python.glob("*.dist-info/RECORD"),
        *python.glob("*.dist-info/uv_*"),
    ):
        trace.unlink()


def _uv() -> str:
    """The one beside this interpreter, which is the one of the lock file."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else "uv"
