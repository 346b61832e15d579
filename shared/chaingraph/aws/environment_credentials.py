"""Credentials as Lambda gives them to a function: without the SDK, whose import costs more than all else."""

from collections.abc import Mapping

from chaingraph.aws.answers import NotSent
from chaingraph.aws.signing import Keys


class EnvironmentCredentials:
    """They are valid as long as the process that was started with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    async def keys(self) -> Keys:
        try:
            return Keys(
                access_key=self._environ["AWS_ACCESS_KEY_ID"],
                secret_key=self._environ["AWS_SECRET_ACCESS_KEY"],
                token=self._environ.get("AWS_SESSION_TOKEN"),
            )
        except KeyError as error:
            raise NotSent(f"no AWS credentials: {error.args[0]} is not set") from error
