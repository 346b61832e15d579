"""The guide for authors tells the truth: its example is run, and nothing is left out."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chaingraph import authoring
from chaingraph.graph import casts
from chaingraph.graph.casts import CASTS
from chaingraph.graph.node_types import Scope

GUIDE = Path(authoring.__file__).with_name("NODES.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w.]+)`:\n```\w+\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))
CAST_ROW = re.compile(r"^\| (\w+) \| (\w+) \| (.+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weather-nodes")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_example_passes_its_tests(package: Path) -> None:
    tried = subprocess.run(
        [
            sys.executable,
            "-B",
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-W",
            "error",
            "--rootdir",
            ".",
            ".",
        ],
        cwd=package,
        env={**os.environ, "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        check=False,
        text=True,
    )

    assert "3 passed" in tried.stdout, tried.stdout + tried.stderr


def test_everything_that_authors_may_import_is_explained() -> None:
    missing = [name for name in authoring.__all__ if not re.search(rf"\b{name}\b", GUIDE)]

    assert not missing


def test_everything_that_a_scope_offers_is_explained() -> None:
    offered = [name for name in vars(Scope) if not name.startswith("_")]

    assert [
        name for name in offered if f"`{name}" not in GUIDE and f"{name}`" not in GUIDE and name != "sleep"
    ] == []
    assert "await sleep(seconds)" in GUIDE


def test_the_table_of_casts_is_the_one_of_the_code() -> None:
    in_guide = CAST_ROW.findall(GUIDE.split("## Casts")[1])

    assert {(source, target) for source, target, _ in in_guide} == {*CASTS, ("from", "to")}
    assert in_guide == CAST_ROW.findall(casts.__doc__ or "")
