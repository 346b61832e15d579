"""The same input makes the same bundles, wherever and whenever they are made."""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from infra.aws import budget
from infra.aws.bundles import Bundle, Bundles
from infra.aws.bundling import GROUP_OF_TRACING, Bundling, groups_of, run
from infra.aws.environments import DEV, Tracing

INSTALLED = {"aiohttp/__init__.py": "version = 1\n", "aiohttp-1.dist-info/METADATA": "Name: aiohttp\n"}
# What differs from one installation to the next.
TRACES = ("aiohttp-1.dist-info/RECORD", "aiohttp-1.dist-info/uv_cache.json", ".lock", "bin/aiohttp")


def contents(folder: Path) -> dict[str, str]:
    """Every file with a digest of its bytes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def installing(trace: str, *, requirements: str = "aiohttp==1\n") -> Callable[[list[str]], str]:
    """Stands for uv, of which no two runs leave the same traces; the compiler is the real one."""

    def run_or_install(command: list[str]) -> str:
        if command[1] == "export":
            return requirements
        if command[1:3] != ["pip", "install"]:
            return run(command)
        target = Path(command[command.index("--target") + 1])
        for name, text in {**INSTALLED, **dict.fromkeys(TRACES, trace)}.items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return ""

    return run_or_install


def libraries(folder: Path, trace: str, *, requirements: str = "aiohttp==1\n") -> Bundle:
    made = Bundling(folder, python=sys.executable, run=installing(trace, requirements=requirements))
    return made.libraries()


def test_code_made_twice_in_two_folders_is_the_same_byte_by_byte(tmp_path: Path) -> None:
    one, other = (Bundling(tmp_path / name, python=sys.executable).code() for name in ("one", "other"))

    assert one.digest == other.digest
    assert contents(one.folder) == contents(other.folder)
    assert one.folder != other.folder


def test_code_comes_compiled_and_without_the_parts_that_no_function_runs(tmp_path: Path) -> None:
    names = set(contents(Bundling(tmp_path, python=sys.executable).code().folder))

    assert {"functions/control/handler.py", "chaingraph/settings.py"} <= names
    assert any(name.startswith("functions/control/__pycache__/handler.") for name in names)
    assert not [name for name in names if name.startswith(("chaingraph/cli/", "functions/relay/"))]


def test_libraries_made_twice_in_two_folders_are_the_same_byte_by_byte(tmp_path: Path) -> None:
    one = libraries(tmp_path / "one", "made on monday")
    other = libraries(tmp_path / "other", "made on friday")

    assert one.digest == other.digest
    assert contents(one.folder) == contents(other.folder)
    assert not [name for name in contents(one.folder) if name.removeprefix("python/") in TRACES]


def test_other_libraries_are_another_bundle(tmp_path: Path) -> None:
    one = libraries(tmp_path, "now")
    other = libraries(tmp_path, "now", requirements="aiohttp==2\n")

    assert one.digest != other.digest


def test_tracing_is_bundled_only_where_it_is_wanted() -> None:
    assert GROUP_OF_TRACING not in groups_of(DEV)
    assert GROUP_OF_TRACING in groups_of(replace(DEV, tracing=Tracing.OF_OUR_CODE))


@pytest.mark.parametrize(("kibibytes", "is_too_large"), [(1, False), (4097, True)])
def test_a_bundle_may_not_grow_beyond_its_budget(
    kibibytes: int, is_too_large: object, tmp_path: Path
) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "libraries").mkdir()
    (tmp_path / "code" / "large.py").write_bytes(b"#" * 1024 * kibibytes)
    bundles = Bundles(code=Bundle(tmp_path / "code", "1"), libraries=Bundle(tmp_path / "libraries", "2"))

    assert budget.measured(bundles, ()).is_too_large is is_too_large


def test_an_import_is_measured_in_the_bundle_and_compiled(tmp_path: Path) -> None:
    handler = tmp_path / "code" / "functions" / "control" / "handler.py"
    handler.parent.mkdir(parents=True)
    handler.write_text(
        "import time\nbegan = time.process_time()\nwhile time.process_time() < began + 0.02: pass\n"
    )

    measured = budget.import_time("control", tmp_path / "code", tmp_path / "compiled", attempts=1)

    assert measured.milliseconds >= 20
    assert list((tmp_path / "compiled").rglob("handler.*.pyc"))
