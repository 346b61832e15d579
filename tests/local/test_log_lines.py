"""The logs of the parts."""

import logging
import sys

import orjson
import pytest

from infra.local.log_lines import JsonLines, pass_on


def line_of(record: logging.LogRecord) -> dict[str, object]:
    return orjson.loads(JsonLines("gateway").format(record))


def test_a_line_holds_its_details_as_fields() -> None:
    logger = logging.getLogger("lines")
    record = logger.makeRecord(
        "lines", logging.WARNING, "f.py", 1, "a %s", ("word",), None, extra={"run": "EX1-1", "path": b"x"}
    )
    line = line_of(record)

    assert {name: line[name] for name in ("level", "message", "service", "location", "run", "path")} == {
        "level": "WARNING",
        "message": "a word",
        "service": "gateway",
        "location": "lines",
        "run": "EX1-1",
        "path": "b'x'",
    }


def test_an_error_is_told_with_where_it_happened() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        failed = sys.exc_info()
    line = line_of(logging.getLogger("lines").makeRecord("l", 40, "f.py", 1, "failed", (), failed))

    assert "ValueError: broken" in str(line["exception"])
    assert "\n" not in JsonLines("x").format(logging.makeLogRecord({"msg": "a\nb"}))


def test_a_line_of_a_function_is_passed_on_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    pass_on("run_flow", '{"message":"slice"}')

    assert capsys.readouterr().err == '{"message":"slice"}\n'


def test_what_others_print_in_a_function_names_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        pass_on("run_flow", "words")

    assert [(record.name, record.message) for record in caplog.records] == [("function.run_flow", "words")]
