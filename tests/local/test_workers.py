"""What the Lambda service of one machine does with functions in worker processes."""

import asyncio
import os
from collections.abc import Callable
from typing import Any, cast

import pytest

from infra.local.workers import FunctionFailed, Functions, FunctionSettings
from tests.local.rigs import NO_GATE, Gate, Output, at, running, sample

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(60)]


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """The loop of the tests, and the one of the parts of the system."""
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


async def test_a_function_answers_what_its_handler_returns() -> None:
    async with running(sample("echo")) as functions:
        answer = await functions.invoke("echo", {"text": "ü", "list": [1, 2.5, None, True]})

    assert answer == {"text": "ü", "list": [1, 2.5, None, True]}


async def test_an_answer_of_many_reads_arrives_whole() -> None:
    async with running(sample("echo")) as functions:
        payload = {"text": "x" * 5_000_000}

        assert await functions.invoke("echo", payload) == payload


async def test_one_worker_is_used_again_and_keeps_its_memory() -> None:
    async with running(sample("count")) as functions:
        answers = [cast("dict[str, int]", await functions.invoke("count", {})) for _ in range(3)]

        assert [answer["count"] for answer in answers] == [1, 2, 3]
        assert {answer["pid"] for answer in answers} == set(functions.pids("count"))


async def test_the_handler_sees_what_lambda_tells_a_handler() -> None:
    environment = {"COLOR": "blue"}
    settings = sample("describe", timeout_seconds=60, memory_mb=256, environment=environment)
    async with running(settings) as functions:
        seen: Any = await functions.invoke("describe", {})

    assert seen["name"] == "describe"
    assert seen["memory"] == 256
    assert seen["arn"].startswith("arn:aws:lambda:")
    assert len(seen["request_id"]) == 36
    assert 50_000 < seen["remaining"] <= 60_000
    assert seen["is_main_thread"]
    assert seen["environment"]["COLOR"] == "blue"
    assert seen["environment"]["AWS_LAMBDA_FUNCTION_NAME"] == "describe"


async def test_a_function_does_not_see_the_environment_of_its_parent() -> None:
    os.environ["OF_THE_PARENT"] = "secret"
    try:
        async with running(sample("describe")) as functions:
            seen: Any = await functions.invoke("describe", {})
    finally:
        del os.environ["OF_THE_PARENT"]

    assert "OF_THE_PARENT" not in seen["environment"]


async def test_a_raised_error_has_the_name_of_its_class() -> None:
    async with running(sample("fail")) as functions:
        with pytest.raises(FunctionFailed) as failed:
            await functions.invoke("fail", {"message": "tray 2"})

    assert failed.value.error_type == "OutOfPaper"
    assert failed.value.message == "tray 2"
    assert "sample_functions.py" in failed.value.stack_trace[-1]
    assert '"errorType":"OutOfPaper"' in failed.value.cause


async def test_a_worker_whose_handler_raised_is_used_again() -> None:
    async with running(sample("fail")) as functions:
        for _ in range(3):
            with pytest.raises(FunctionFailed, match="OutOfPaper"):
                await functions.invoke("fail", {"message": "tray 3"})

        assert len(functions.pids("fail")) == 1


@pytest.mark.parametrize(
    ("name", "payload", "said"),
    [("leave", {"status": 3}, "exit status 3"), ("crash", {}, "signal: SIGSEGV")],
)
async def test_a_crash_fails_the_invocation_and_is_told_in_the_log(
    name: str, payload: object, said: str, output: Output
) -> None:
    async with running(sample(name), output=output) as functions:
        with pytest.raises(FunctionFailed) as failed:
            await functions.invoke(name, payload)

    assert failed.value.error_type == "Lambda.Unknown"
    assert any(line.endswith(said) for _, line in output.lines)


async def test_an_invocation_over_its_time_is_ended_with_its_worker(gate: Gate) -> None:
    async with running(sample("wait", timeout_seconds=0.2)) as functions:
        with pytest.raises(FunctionFailed) as failed:
            await functions.invoke("wait", at(gate))

        assert failed.value.error_type == "Sandbox.Timedout"
        assert "Task timed out after 0.20 seconds" in failed.value.message


async def test_a_worker_runs_one_invocation_at_a_time_and_others_wait(
    new_gate: Callable[[], Gate], output: Output
) -> None:
    gates = [new_gate() for _ in range(3)]
    async with running(sample("wait", concurrency=2), output=output) as functions:
        invocations = [asyncio.create_task(functions.invoke("wait", at(gate))) for gate in gates]
        await output.until("waiting", times=2)
        assert len(functions.pids("wait")) == 2
        assert ("wait", "done") not in output.lines

        for gate in gates:
            gate.open(gate.path.name)
        assert await asyncio.gather(*invocations) == ["gate0", "gate1", "gate2"]
        assert len(functions.pids("wait")) == 2


async def test_callers_are_served_in_the_order_they_came(gate: Gate, output: Output) -> None:
    served: list[int] = []

    async def call(functions: Functions, number: int) -> None:
        await functions.invoke("wait", NO_GATE)
        served.append(number)

    async with running(sample("wait", concurrency=1), output=output) as functions:
        first = asyncio.create_task(functions.invoke("wait", at(gate)))
        await output.until("waiting")
        others = [asyncio.create_task(call(functions, number)) for number in range(10)]
        gate.open()
        await asyncio.gather(first, *others)

    assert served == list(range(10))


async def test_more_callers_than_may_wait_are_throttled(gate: Gate, output: Output) -> None:
    async with running(sample("wait", concurrency=1, max_waiting=1), output=output) as functions:
        running_one = asyncio.create_task(functions.invoke("wait", at(gate)))
        await output.until("waiting")
        waiting_one = asyncio.create_task(functions.invoke("wait", NO_GATE))
        await asyncio.sleep(0)
        with pytest.raises(FunctionFailed) as failed:
            await functions.invoke("wait", NO_GATE)

        assert failed.value.error_type == "Lambda.TooManyRequestsException"
        gate.open()
        assert await asyncio.gather(running_one, waiting_one) == ["go", ""]


async def test_a_caller_does_not_wait_longer_than_the_bound(gate: Gate, output: Output) -> None:
    settings = sample("wait", concurrency=1, max_waiting_seconds=0.05)
    async with running(settings, output=output) as functions:
        await functions.ready()
        first = asyncio.create_task(functions.invoke("wait", at(gate)))
        await output.until("waiting")
        with pytest.raises(FunctionFailed, match="TooManyRequestsException"):
            await functions.invoke("wait", NO_GATE)

        gate.open()
        assert await first == "go"


async def test_an_invocation_goes_on_without_its_caller(gate: Gate, output: Output) -> None:
    async with running(sample("wait", concurrency=1), output=output) as functions:
        invocation = asyncio.create_task(functions.invoke("wait", at(gate)))
        await output.until("waiting")
        (pid,) = functions.pids("wait")
        invocation.cancel()
        gate.open()
        await output.until("done")

        assert await functions.invoke("wait", NO_GATE) == ""
        assert functions.pids("wait") == (pid,)


async def test_a_caller_that_left_the_queue_is_not_served(gate: Gate, output: Output) -> None:
    async with running(sample("wait", concurrency=1), output=output) as functions:
        first = asyncio.create_task(functions.invoke("wait", at(gate)))
        await output.until("waiting")
        second = asyncio.create_task(functions.invoke("wait", NO_GATE))
        await asyncio.sleep(0)
        second.cancel()
        gate.open()
        await asyncio.gather(first, functions.invoke("wait", NO_GATE))

    assert output.lines.count(("wait", "waiting")) == 2


async def test_output_comes_with_the_name_of_its_function(output: Output) -> None:
    async with running(sample("speak"), output=output) as functions:
        await functions.invoke("speak", {"out": "to stdout", "err": "to stderr"})
        await output.until("to stderr")

    assert output.lines == [("speak", "to stdout"), ("speak", "to stderr")]


async def test_a_payload_over_six_megabytes_is_refused() -> None:
    async with running(sample("echo")) as functions:
        with pytest.raises(FunctionFailed) as failed:
            await functions.invoke("echo", {"text": "x" * 6 * 1024 * 1024})

    assert failed.value.error_type == "Lambda.RequestTooLargeException"


async def test_an_answer_over_six_megabytes_is_refused() -> None:
    async with running(sample("answer_of_size")) as functions:
        with pytest.raises(FunctionFailed) as failed:
            await functions.invoke("answer_of_size", {"size": 6 * 1024 * 1024 + 200})

    assert failed.value.error_type == "Function.ResponseSizeTooLarge"


async def test_an_answer_that_is_no_json_is_refused_as_lambda_does() -> None:
    async with running(sample("answer_a_date")) as functions:
        with pytest.raises(FunctionFailed) as failed:
            await functions.invoke("answer_a_date", {})

    assert failed.value.error_type == "Runtime.MarshalError"


@pytest.mark.parametrize(
    ("handler", "error_type"),
    [
        ("tests.local.no_such_module:handler", "Runtime.ImportModuleError"),
        ("tests.local.sample_functions:no_such_handler", "Runtime.HandlerNotFound"),
        ("tests.local.broken_function:handler", "ZeroDivisionError"),
    ],
)
async def test_a_handler_that_cannot_be_loaded_fails_every_invocation(handler: str, error_type: str) -> None:
    async with running(FunctionSettings(name="broken", handler=handler)) as functions:
        for _ in range(2):
            with pytest.raises(FunctionFailed) as failed:
                await functions.invoke("broken", {})

            assert failed.value.error_type == error_type


async def test_an_unknown_function_is_refused() -> None:
    async with running(sample("echo")) as functions:
        with pytest.raises(FunctionFailed) as failed:
            await functions.invoke("nobody", {})

    assert failed.value.error_type == "Lambda.ResourceNotFoundException"


async def test_a_burst_is_served_by_all_workers_without_loss() -> None:
    async with running(sample("echo", concurrency=4)) as functions:
        answers = await asyncio.gather(*(functions.invoke("echo", {"n": n}) for n in range(400)))

        assert answers == [{"n": n} for n in range(400)]
        assert 1 <= len(functions.pids("echo")) <= 4
