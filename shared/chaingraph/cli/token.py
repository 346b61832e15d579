"""`chaingraph token`: a token of the system on this machine."""

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

from chaingraph.cli.command import OK, Command
from chaingraph.cli.local_system import add_state_argument, read_local_system
from chaingraph.cli.local_tokens import Bearer, read_signing_key, sign_token


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--user", required=True, metavar="NAME", help="whom the token is for")
    parser.add_argument("--role", choices=["admin"], help="what the user may do beyond their own executions")
    add_state_argument(parser)


def _run(arguments: Namespace) -> int:
    system = read_local_system(arguments.state)
    bearer = Bearer(arguments.user, arguments.role)
    print(sign_token(bearer, read_signing_key(arguments.state), system=system, now=datetime.now(UTC)))
    return OK


COMMAND = Command(_add_arguments, _run)
