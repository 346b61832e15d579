"""What a cold start costs, as far as it can be told here: the size of the bundles, the time of an import."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.aws.bundles import Bundles

ATTEMPTS: Final = 5
MIB: Final = 1024 * 1024
# Lambda unpacks no more than this, code and layers together.
MOST_UNPACKED: Final = 250 * MIB
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


@dataclass(frozen=True, slots=True)
class ImportTime:
    """Processor time, the least of several: what other programs do on the machine is left out so."""

    function: str
    milliseconds: int

    @property
    def most(self) -> int:
        return MOST_MS.get(self.function, MOST_MS_ELSEWHERE)


def report(bundles: Bundles, functions: Iterable[str]) -> str:
    sizes = [size(bundles.code.folder, "code"), size(bundles.libraries.folder, "libraries")]
    unpacked = sum(each.unpacked for each in sizes)
    lines = [
        *(
            f"{each.name:<18}{each.unpacked / MIB:8.1f} MiB{each.packed / MIB:8.1f} MiB packed"
            for each in sizes
        ),
        f"{'together':<18}{unpacked / MIB:8.1f} MiB of {MOST_UNPACKED / MIB:.0f}",
        *(_line(import_time(name)) for name in functions),
    ]
    return "\n".join(lines)


def size(folder: Path, name: str) -> Size:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder))
    return Size(name, sum(path.stat().st_size for path in files), len(packed.getvalue()))


def import_time(function: str) -> ImportTime:
    """In this interpreter, with its own libraries: those of the bundle are for another processor."""
    command = [sys.executable, "-c", MEASURE, f"functions.{function}.handler"]
    times = [
        int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)  # noqa: S603
        for _ in range(ATTEMPTS)
    ]
    return ImportTime(function, min(times))


def _line(measured: ImportTime) -> str:
    verdict = "" if measured.milliseconds <= measured.most else "  OVER"
    return f"{measured.function:<18}{measured.milliseconds:8} ms of {measured.most} to import{verdict}"
