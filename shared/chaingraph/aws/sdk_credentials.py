"""Credentials from the SDK's default chain: for programs that outlive the keys they began with."""

import asyncio
from typing import Final

from botocore.exceptions import BotoCoreError
from botocore.session import Session

from chaingraph.aws.answers import NotSent
from chaingraph.aws.signing import Keys

CREDENTIALS_SECONDS: Final = 60.0


class SdkCredentials:
    """Asked again at times: the SDK renews those that expire."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._keys: Keys | None = None
        self._asked_at = 0.0

    async def keys(self) -> Keys:
        now = asyncio.get_running_loop().time()
        if self._keys is None or now - self._asked_at > CREDENTIALS_SECONDS:
            self._keys = await asyncio.to_thread(self._ask)
            self._asked_at = now
        return self._keys

    def _ask(self) -> Keys:
        try:
            found = self._session.get_credentials()
            frozen = found.get_frozen_credentials() if found else None
        except BotoCoreError as error:
            raise NotSent("no AWS credentials could be had") from error
        if frozen is None:
            raise NotSent("no AWS credentials were found")
        return Keys(access_key=frozen.access_key, secret_key=frozen.secret_key, token=frozen.token)
