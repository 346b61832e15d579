"""An issuer: its keys, kept for a while, and what a token of it says about its bearer."""

import asyncio
import time
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from chaingraph.errors import Unauthorized, Unavailable
from chaingraph.ids import UserId
from chaingraph.interfaces import User

if TYPE_CHECKING:
    from chaingraph.oidc.tokens import Claims, Keys

REFRESH_SECONDS: Final = 10.0
MAX_AGE_SECONDS: Final = 3600.0
FETCH_TIMEOUT_SECONDS: Final = 5.0
MAX_KEYS_BYTES: Final = 1024 * 1024
ADMIN: Final = "admin"

FetchKeys = Callable[[], Awaitable[bytes]]
"""Reads the issuer's key set (JWKS). Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are accepted, and for whom they must have been made."""

    issuer: str
    audience: str


class Oidc:
    """Checks JSON Web Tokens. An unknown key makes it read them again, at most every `REFRESH_SECONDS`."""

    def __init__(
        self, issuer: Issuer, fetch_keys: FetchKeys, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuer = issuer
        self._fetch_keys = fetch_keys
        self._monotonic = monotonic
        self._keys: Keys = {}
        self._fetched_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def identify(self, token: str) -> User:
        """Raises Unauthorized with the reason, Unavailable when the keys cannot be read."""
        claims = await self._claims(token)
        _require_audience(claims, self._issuer.audience)
        return User(_user_id(claims), is_admin=_is_admin(claims))

    async def _claims(self, token: str) -> "Claims":
        # Most requests bring none: they come over a connection whose user is known.
        from chaingraph.oidc.tokens import key_id, usable_keys, verified_claims  # noqa: PLC0415

        name = key_id(token)
        known = self._keys.get(name)
        if known is None or self._age() > MAX_AGE_SECONDS:
            await self._refresh(usable_keys)
            known = self._keys.get(name)
        if known is None:
            raise Unauthorized("the token is signed with a key that the issuer does not publish")
        return verified_claims(token, known, self._issuer.issuer)

    async def _refresh(self, usable_keys: "Callable[[bytes], Keys]") -> None:
        async with self._fetching:
            if self._age() > REFRESH_SECONDS:
                self._keys = usable_keys(await self._fetch_keys())
                self._fetched_at = self._monotonic()

    def _age(self) -> float:
        return self._monotonic() - self._fetched_at


def keys_at(url: str) -> FetchKeys:
    """The key set behind an address, read in a thread: the event loop goes on."""
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"JWKS_URL: an http or https address, not {url!r}")

    async def fetch() -> bytes:
        return await asyncio.to_thread(_download, url)

    return fetch


def _download(url: str) -> bytes:
    try:
        # `keys_at` has checked the scheme.
        with urllib.request.urlopen(url, timeout=FETCH_TIMEOUT_SECONDS) as response:  # noqa: S310
            return cast("bytes", response.read(MAX_KEYS_BYTES))
    except OSError as error:
        raise Unavailable("the issuer's keys cannot be read") from error


def _user_id(claims: "Claims") -> UserId:
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject:
        raise Unauthorized("the token has no claim sub")
    return UserId(subject)


def _require_audience(claims: "Claims", audience: str) -> None:
    """Access tokens of Amazon Cognito carry `client_id` where others carry `aud`."""
    given = claims.get("aud", claims.get("client_id"))
    accepted = cast("list[object]", given) if isinstance(given, list) else [given]
    if audience not in accepted:
        raise Unauthorized("the token is made for another audience")


def _is_admin(claims: "Claims") -> bool:
    """By the claim `role`, or by membership in a group of the user pool."""
    groups = claims.get("cognito:groups")
    return claims.get("role") == ADMIN or (isinstance(groups, list) and ADMIN in groups)
