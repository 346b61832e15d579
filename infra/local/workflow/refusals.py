"""What the API refuses, under the names that Step Functions uses."""


class Refused(Exception):
    """`code` is the error's name on the wire."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class LostOwnership(Exception):
    """Another process owns the runs: what is in memory here is no longer true."""


def invalid_token() -> Refused:
    return Refused("InvalidToken", "Invalid Token: 'Invalid token'")


def token_is_over() -> Refused:
    return Refused("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")


def no_such_task() -> Refused:
    return Refused("TaskDoesNotExist", "Task does not exist")


def no_such_run(arn: str) -> Refused:
    return Refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")


def no_such_machine(arn: str) -> Refused:
    return Refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def already_exists(arn: str) -> Refused:
    return Refused("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")


def invalid_name(name: str) -> Refused:
    return Refused("InvalidName", f"Invalid Name: '{name}'")


def invalid_arn(arn: str) -> Refused:
    return Refused("InvalidArn", f"Invalid Arn: '{arn}'")


def invalid_input(reason: str) -> Refused:
    return Refused("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{reason}'")


def invalid_output(reason: str) -> Refused:
    return Refused("InvalidOutput", f"Invalid Output: '{reason}'")


def invalid_request(reason: str) -> Refused:
    return Refused("ValidationException", f"1 validation error detected: {reason}")
