"""Secrets on one machine: in environment variables and in a file."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson

from chaingraph.errors import NotFound, Rejected
from chaingraph.graph.facilities import SecretVault
from chaingraph.graph.json_types import is_object, object_of
from chaingraph.graph.secrets import fields_of, words

VARIABLE_PREFIX: Final = "CHAINGRAPH_SECRET_"


class EnvironmentSecrets:
    """Implements `SecretVault`: CHAINGRAPH_SECRET_MY_KEY holds `my-key`, a text or an object of fields."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    async def read(self, name: str, owner_id: str) -> Mapping[str, str]:
        found = self._environ.get(VARIABLE_PREFIX + re.sub(r"[^A-Z0-9]", "_", name.upper()))
        if found is None:
            raise NotFound(f"there is no secret {name!r} for {owner_id}")
        return fields_of(found)


class FileSecrets:
    """Implements `SecretVault`: a JSON file of names with a text or an object of fields; read every time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self, name: str, owner_id: str) -> Mapping[str, str]:
        kept = self._kept()
        if name not in kept:
            raise NotFound(f"there is no secret {name!r} for {owner_id}")
        found = kept[name]
        return words(found) if is_object(found) else {"value": str(found)}

    def _kept(self) -> Mapping[str, object]:
        try:
            return object_of(orjson.loads(self._path.read_bytes()))
        except FileNotFoundError:
            return {}
        except orjson.JSONDecodeError as error:
            raise Rejected(f"the file of secrets, {self._path}, is not JSON") from error


class FirstOf:
    """Implements `SecretVault`: the first vault that knows the name."""

    def __init__(self, vaults: Sequence[SecretVault]) -> None:
        self._vaults = vaults

    async def read(self, name: str, owner_id: str) -> Mapping[str, str]:
        for vault in self._vaults:
            try:
                return await vault.read(name, owner_id)
            except NotFound:
                continue
        raise NotFound(f"there is no secret {name!r}")
