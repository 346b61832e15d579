"""What a cold start costs, as far as it can be told here: the size of the bundles, the time of an import.

`python -m infra.aws.budget` ends with 1 where a bundle is too large. An import that takes too long is told
only: how fast this machine is, and what else it does, are not ours.
"""

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.aws.bundles import Bundles
from infra.aws.bundling import bundles_of
from infra.aws.environments import DEV
from infra.aws.units import MIGRATE_DATABASE, units

ATTEMPTS: Final = 9
MIB: Final = 1024 * 1024
MOST_BYTES: Final = {"code": 4 * MIB, "libraries": 150 * MIB}
# Lambda unpacks no more than this, code and layers together.
MOST_BYTES_TOGETHER: Final = 250 * MIB
MOST_MS: Final = {"run_flow": 400}
MOST_MS_ELSEWHERE: Final = 300

MEASURE: Final = """
import time, sys
began = time.process_time()
__import__(sys.argv[1])
print(round((time.process_time() - began) * 1000))
"""


@dataclass(frozen=True, slots=True)
class Size:
    name: str
    unpacked: int
    packed: int

    @property
    def is_over(self) -> bool:
        return self.unpacked > MOST_BYTES[self.name]


@dataclass(frozen=True, slots=True)
class ImportTime:
    """Processor time, the least of several: what other programs do on the machine is left out so."""

    function: str
    milliseconds: int

    @property
    def most(self) -> int:
        return MOST_MS.get(self.function, MOST_MS_ELSEWHERE)

    @property
    def is_over(self) -> bool:
        return self.milliseconds > self.most


@dataclass(frozen=True, slots=True)
class Report:
    sizes: tuple[Size, ...]
    imports: tuple[ImportTime, ...]

    @property
    def unpacked(self) -> int:
        return sum(size.unpacked for size in self.sizes)

    @property
    def is_too_large(self) -> bool:
        return self.unpacked > MOST_BYTES_TOGETHER or any(size.is_over for size in self.sizes)

    def lines(self) -> Iterator[str]:
        for size in self.sizes:
            most = MOST_BYTES[size.name] / MIB
            yield (
                f"{size.name:<18}{size.unpacked / MIB:8.1f} MiB of {most:.0f}, "
                f"{size.packed / MIB:.1f} packed{_verdict(size)}"
            )
        yield f"{'together':<18}{self.unpacked / MIB:8.1f} MiB of {MOST_BYTES_TOGETHER / MIB:.0f}"
        for each in self.imports:
            yield f"{each.function:<18}{each.milliseconds:8} ms of {each.most} to import{_verdict(each)}"


def main() -> int:
    report = measured(bundles_of(DEV), (*units(DEV), MIGRATE_DATABASE.name))
    sys.stdout.writelines(f"{line}\n" for line in report.lines())
    return int(report.is_too_large)


def measured(bundles: Bundles, functions: Iterable[str]) -> Report:
    sizes = (size_of("code", bundles.code.folder), size_of("libraries", bundles.libraries.folder))
    compiled = bundles.code.folder.parent / "compiled"
    return Report(sizes, tuple(import_time(name, bundles.code.folder, compiled) for name in functions))


def size_of(name: str, folder: Path) -> Size:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder))
    return Size(name, sum(path.stat().st_size for path in files), len(packed.getvalue()))


def import_time(function: str, code: Path, compiled: Path, attempts: int = ATTEMPTS) -> ImportTime:
    """With the libraries of this interpreter: those of the bundle are for another processor.

    Everything has been compiled into `compiled` when it is measured, as it has been in Lambda.
    """
    _milliseconds(function, code, compiled)
    return ImportTime(function, min(_milliseconds(function, code, compiled) for _ in range(attempts)))


def _milliseconds(function: str, code: Path, compiled: Path) -> int:
    """Python finds first what lies in the folder where it is started."""
    given = {
        **os.environ,
        "PYTHONPYCACHEPREFIX": str(compiled),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPATH": "",
    }
    command = [sys.executable, "-c", MEASURE, f"functions.{function}.handler"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=given, cwd=code)  # noqa: S603
    return int(done.stdout)


def _verdict(measured: Size | ImportTime) -> str:
    return "  OVER" if measured.is_over else ""


if __name__ == "__main__":
    sys.exit(main())
