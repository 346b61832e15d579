"""In a terminal the nodes change in place."""

import os
import pty
import re
import subprocess
import sys

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
ROWS = {"LINES": "30", "COLUMNS": "100"}


def test_a_terminal_shows_all_nodes_at_the_end() -> None:
    screen, code = on_terminal("run", "example:branch")

    lines = ESCAPES.sub("", screen).splitlines()
    assert code == 0
    assert "\x1b[2K" in screen  # something was drawn over
    end = "\n".join(lines[-16:])
    assert re.search(r"Pack\s+SleepNode\s+completed", end)
    assert re.search(r"Small order\s+TextNode\s+skipped", end)
    assert lines[-1].startswith("completed in ")


def test_json_stays_json_in_a_terminal() -> None:
    screen, code = on_terminal("run", "example:diamond", "--jsonl")

    assert code == 0
    assert "\x1b" not in screen


def test_a_terminal_shows_the_nodes_while_they_run_and_keeps_them_when_interrupted() -> None:
    screen, code = on_terminal("run", "example:ten-naps", interrupt_at="SleepNode\x1b[0m  \x1b[33mrunning")

    lines = ESCAPES.sub("", screen).splitlines()
    assert code == 130
    assert lines[-1].startswith("running (")
    assert re.match(r"Nap 10\s+SleepNode\s+waiting", lines[-3])
    assert "Traceback" not in screen


def on_terminal(*arguments: str, interrupt_at: str | None = None) -> tuple[str, int]:
    """What the program wrote to its terminal, and its exit code."""
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "chaingraph.cli.main", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, **ROWS, "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(theirs)
    screen = ""
    while text := _read(ours):
        screen += text
        if interrupt_at is not None and interrupt_at in screen:
            program.send_signal(2)
            interrupt_at = None
    os.close(ours)
    return screen, program.wait()


def _read(terminal: int) -> str:
    """Nothing when the program has ended."""
    try:
        return os.read(terminal, 65536).decode(errors="replace")
    except OSError:
        return ""
