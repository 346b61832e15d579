from collections.abc import Mapping

from chaingraph.errors import Unauthorized
from chaingraph.interfaces import User


class FakeIdentities:
    """Knows the tokens it was given."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self._users = users

    async def identify(self, token: str) -> User:
        if token not in self._users:
            raise Unauthorized("the token is not known")
        return self._users[token]
