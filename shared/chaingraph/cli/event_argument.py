"""The event that an execution runs for."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace

import orjson

from chaingraph.cli.command import WrongUsage
from chaingraph.execution.execution import ExternalEvent


def add_event_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--event", metavar="NAME", help="run the listeners of this event instead of the rest")
    parser.add_argument("--payload", type=_json, metavar="JSON", help="what the event brings")


def event_given(arguments: Namespace) -> ExternalEvent | None:
    """Raises WrongUsage for a payload without an event."""
    if arguments.event is not None:
        return ExternalEvent(arguments.event, arguments.payload)
    if arguments.payload is not None:
        raise WrongUsage("--payload belongs to an event: name it with --event")
    return None


def _json(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ArgumentTypeError(f"not JSON: {error}") from error
