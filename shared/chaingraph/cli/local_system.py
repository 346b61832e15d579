"""Where a system on this machine is, as it wrote itself down in its state folder."""

from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from chaingraph.errors import NotFound

DEFAULT_STATE: Final = Path(".local")
DESCRIPTION: Final = "system.json"
SIGNING_KEY: Final = "signing-key.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSystem:
    http_url: str
    websocket_url: str
    issuer: str
    audience: str


_DOCUMENT: Final = TypeAdapter(LocalSystem)


def add_state_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--state", type=Path, default=DEFAULT_STATE, metavar="DIR", help="the state folder (default: .local)"
    )


def write_local_system(state: Path, system: LocalSystem) -> None:
    """Whoever reads meanwhile finds the old text or the new one, whole."""
    new = state / f"{DESCRIPTION}.new"
    new.write_bytes(_DOCUMENT.dump_json(system, indent=2) + b"\n")
    new.replace(state / DESCRIPTION)


def read_local_system(state: Path) -> LocalSystem:
    """Raises NotFound where no system was ever started."""
    try:
        return _DOCUMENT.validate_json((state / DESCRIPTION).read_bytes())
    except (OSError, ValidationError) as error:
        raise NotFound(
            f"no system was started with the state folder {state}: run `make run`, or name it with --state"
        ) from error
