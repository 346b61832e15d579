"""The program as a whole: its help, its exit codes, and what it says when something is wrong."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chaingraph.cli.main import COMMANDS, main

HEAVY = ("aiohttp", "jwt", "pydantic", "rich", "chaingraph.engine", "chaingraph.nodes")


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    for name, entry in COMMANDS.items():
        assert name in said
        assert entry.summary in said


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_describes_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])

    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: chaingraph {name}")


def test_the_help_loads_nothing_that_only_commands_need() -> None:
    program = f"""
import sys
from chaingraph.cli.main import main
try:
    main(["--help"])
except SystemExit:
    print(sorted(set({HEAVY!r}) & set(sys.modules)))
"""

    assert python("-c", program).stdout.endswith("[]\n")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frobnicate"],
        ["run"],
        ["run", "a.json", "b.json"],
        ["run", "example:diamond", "--jso"],
        ["run", "example:diamond", "--payload", "{"],
        ["watch", "EX1", "--from-index", "-1"],
        ["watch", "EX1", "--from-index", "first"],
        ["executions", "--limit", "0"],
        ["flows", "--limit", "many"],
        ["examples", "hide", "diamond"],
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "usage: chaingraph" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["run", "example:diamond", "--payload", "1"], "name it with --event"),
        (["run", "example:diamond", "--snapshot", "full"], "--snapshot belongs to --jsonl"),
        (["flows", "--server", "ftp://x", "--token", "t"], "--server must be a URL like https://"),
        (["flows", "--server", "here", "--token", "t"], "--server must be a URL like https://"),
        (
            ["flows", "--server", "http://x", "--websocket", "http://x", "--token", "t"],
            "--websocket must be a URL like wss://",
        ),
    ],
)
def test_arguments_that_do_not_go_together_end_with_2(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert reason in one_line(capsys)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["run", "/nowhere/flow.json"], "there is no file /nowhere/flow.json"),
        (["run", "/"], "/ cannot be read: Is a directory"),
        (["validate", "a\0b"], "cannot be read"),
        (["run", "example:nope"], "there is no example 'nope'; there are branch, "),
        (["run", "example:../examples/branch"], "there is no example"),
        (["examples", "show", "nope"], "there is no example 'nope'"),
        (["flows", "--state", "/nowhere"], "no system was started with the state folder /nowhere"),
        (["flows", "--server", "http://127.0.0.1:1", "--token", "t"], "no system answers at"),
        (["execute", "example:diamond", "--server", "http://127.0.0.1:1", "--token", "t"], "not a JWT"),
    ],
)
def test_a_refusal_is_one_line_and_ends_with_1(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert reason in one_line(capsys)


def test_a_server_without_a_token_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CHAINGRAPH_TOKEN", raising=False)

    assert main(["flows", "--server", "http://127.0.0.1:1"]) == 1
    assert "a token is needed" in one_line(capsys)


def test_a_package_that_is_not_installed_is_named() -> None:
    program = """
import sys
from chaingraph.cli.main import main
sys.modules["rich"] = None
sys.exit(main(["run", "example:diamond"]))
"""

    ended = python("-c", program)

    assert ended.returncode == 1
    assert ended.stderr.startswith("chaingraph: `chaingraph run` needs the package rich")


def test_an_interrupt_ends_with_130_and_says_nothing() -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "chaingraph.cli.main", "run", "example:ten-naps", "--jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert "execution:created" in program.stdout.readline()

    program.send_signal(signal.SIGINT)
    _, complaints = program.communicate()

    assert program.returncode == 130
    assert complaints == ""


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "chaingraph.cli.main", "run", "example:branch", "--jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.readline()

    program.stdout.close()
    complaints = program.stderr.read()
    program.stderr.close()

    assert program.wait() == 1
    assert complaints == ""


def test_a_flow_is_read_from_the_standard_input(tmp_path: Path) -> None:
    document = python("-m", "chaingraph.cli.main", "examples", "show", "diamond").stdout

    ended = subprocess.run(
        [sys.executable, "-m", "chaingraph.cli.main", "validate", "-"],
        input=document,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert ended.stdout == "valid: 5 nodes, 5 edges\n"


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("chaingraph: ")
    assert said.err.count("\n") == 1
    return said.err


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
