"""The keys that sign a request."""

from typing import Protocol

from chaingraph.aws.signing import Keys


class Credentials(Protocol):
    async def keys(self) -> Keys:
        """Raises NotSent when there are none."""
        ...
