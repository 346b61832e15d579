"""`chaingraph nodes`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chaingraph.cli.command import FAILED, OK
from chaingraph.cli.main import main
from chaingraph.cli.new_package import names_of
from chaingraph.errors import Rejected


def test_node_types_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nodes"]) == OK

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["type", "category", "from", "what", "it", "does"]
    sleep = next(line for line in lines if line.startswith("SleepNode "))
    assert sleep.split(maxsplit=2)[2].split("  ", 1)[0] == "built in"
    assert sleep.endswith("Waits for a number of milliseconds.")
    assert not any(line.startswith("GateNode ") for line in lines)


# What a program does in the folder of a package: it loads what the entry points name, and runs the tests.
TRY = """
import sys, tomllib
from importlib.metadata import EntryPoint
import pytest
from chaingraph.nodes.installed import GROUP, loaded_packages
sys.path.insert(0, "")
named = tomllib.load(open("pyproject.toml", "rb"))["project"]["entry-points"][GROUP]
for package in loaded_packages(EntryPoint(name, value, GROUP) for name, value in named.items()):
    print([(node_type.type_name, node_type.title) for node_type in package.node_types])
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", ".", "."]))
"""


def test_a_new_package_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nodes", "new", "Bike Shed", "--folder", str(tmp_path)]) == OK

    folder = tmp_path / "bike-shed-node"
    assert f"pip install -e {folder}" in capsys.readouterr().out
    tried = subprocess.run(
        [sys.executable, "-B", "-c", TRY],
        cwd=folder,
        env={**os.environ, "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert "[('BikeShedNode', 'Bike Shed')]" in tried.stdout, tried.stderr
    assert "3 passed" in tried.stdout


@pytest.mark.parametrize(
    ("name", "type_name", "package"),
    [
        ("WordCount", "WordCountNode", "word-count-node"),
        ("word-count", "WordCountNode", "word-count-node"),
        ("word_count_node", "WordCountNode", "word-count-node"),
        ("HTTPCall2", "HttpCall2Node", "http-call2-node"),
        ("json", "JsonNode", "json-node"),
    ],
)
def test_a_name_can_be_written_in_many_ways(name: str, type_name: str, package: str) -> None:
    names = names_of(name)

    assert (names["type"], names["package"]) == (type_name, package)
    assert names["module"] == package.replace("-", "_")


@pytest.mark.parametrize("name", ["", "node", "2fast", "a/b", "../up", "ä", "x" * 100, '"', "-a"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Rejected, match="is no name for a node type"):
        names_of(name)


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nodes", "new", "Sleep", "--folder", str(tmp_path)]) == FAILED
    assert main(["nodes", "new", "One", "--folder", str(tmp_path)]) == OK
    assert main(["nodes", "new", "One", "--folder", str(tmp_path)]) == FAILED

    told = capsys.readouterr().err
    assert "there is a node type SleepNode already" in told
    assert "one-node exists already" in told


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")

    assert main(["nodes", "new", "One", "--folder", str(tmp_path / "file")]) == FAILED
    assert "cannot be made" in capsys.readouterr().err
