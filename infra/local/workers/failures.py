"""The one way an invocation fails, under the names that Lambda and Step Functions use."""

from collections.abc import Mapping
from typing import Any

import orjson


class FunctionFailed(Exception):
    """`error_type` is the class of what the handler raised, or a name of the service for anything else."""

    def __init__(self, error_type: str, message: str, stack_trace: tuple[str, ...] = ()) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message
        self.stack_trace = stack_trace

    @property
    def cause(self) -> str:
        """The JSON text that Step Functions gives as the cause of the failure."""
        return orjson.dumps(
            {"errorMessage": self.message, "errorType": self.error_type, "stackTrace": self.stack_trace}
        ).decode()


def raised(error: Mapping[str, Any]) -> FunctionFailed:
    return FunctionFailed(error["errorType"], error["errorMessage"], tuple(error["stackTrace"]))


def crashed(request_id: str) -> FunctionFailed:
    return FunctionFailed(
        "Lambda.Unknown", f"RequestId: {request_id} Error: Runtime exited without providing a reason"
    )


def timed_out(request_id: str, timeout_seconds: float) -> FunctionFailed:
    return FunctionFailed(
        "Sandbox.Timedout",
        f"RequestId: {request_id} Error: Task timed out after {timeout_seconds:.2f} seconds",
    )


def throttled() -> FunctionFailed:
    return FunctionFailed("Lambda.TooManyRequestsException", "Rate Exceeded.")


def too_large(size: int, limit: int) -> FunctionFailed:
    return FunctionFailed(
        "Lambda.RequestTooLargeException",
        f"{size} byte payload is too large for the Invoke operation (limit {limit} bytes)",
    )


def unknown(name: str) -> FunctionFailed:
    return FunctionFailed("Lambda.ResourceNotFoundException", f"Function not found: {name}")
