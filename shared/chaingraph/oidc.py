"""Who a token belongs to, by the published keys of an OpenID Connect issuer."""

import asyncio
import time
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, cast

import jwt
import orjson

from chaingraph.errors import Unauthorized, Unavailable
from chaingraph.graph.json_types import list_of, object_of
from chaingraph.ids import UserId
from chaingraph.interfaces import User

ALGORITHMS: Final = frozenset({"RS256", "ES256"})
LEEWAY_SECONDS: Final = 10
REFRESH_SECONDS: Final = 10.0
MAX_AGE_SECONDS: Final = 3600.0
FETCH_TIMEOUT_SECONDS: Final = 5.0
MAX_TOKEN_LENGTH: Final = 8192
MAX_KEYS_BYTES: Final = 1024 * 1024
ADMIN: Final = "admin"

FetchKeys = Callable[[], Awaitable[bytes]]
"""Reads the issuer's key set (JWKS). Raises Unavailable."""

Claims = Mapping[str, object]


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
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def identify(self, token: str) -> User:
        """Raises Unauthorized with the reason, Unavailable when the keys cannot be read."""
        key = await self._key(_key_id(token))
        claims = _verified_claims(token, key, self._issuer.issuer)
        _require_audience(claims, self._issuer.audience)
        return User(_user_id(claims), is_admin=_is_admin(claims))

    async def _key(self, key_id: str) -> jwt.PyJWK:
        known = self._keys.get(key_id)
        if known is None or self._age() > MAX_AGE_SECONDS:
            await self._refresh()
            known = self._keys.get(key_id)
        if known is None:
            raise Unauthorized("the token is signed with a key that the issuer does not publish")
        return known

    async def _refresh(self) -> None:
        async with self._fetching:
            if self._age() > REFRESH_SECONDS:
                self._keys = _usable_keys(await self._fetch_keys())
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


def _usable_keys(document: bytes) -> Mapping[str, jwt.PyJWK]:
    """The published keys for signatures that are accepted here; others are passed over."""
    try:
        published = [object_of(key) for key in list_of(object_of(orjson.loads(document))["keys"])]
        keys = [jwt.PyJWK(key) for key in published if key["kty"] in {"RSA", "EC"}]
    except (jwt.PyJWTError, ValueError, LookupError, TypeError) as error:
        raise Unavailable("the issuer's keys cannot be understood") from error
    return {key.key_id: key for key in keys if key.key_id and key.algorithm_name in ALGORITHMS}


def _key_id(token: str) -> str:
    if len(token) > MAX_TOKEN_LENGTH:
        raise Unauthorized(f"the token is longer than {MAX_TOKEN_LENGTH} characters")
    try:
        header = cast("Claims", jwt.get_unverified_header(token))
    except jwt.PyJWTError as error:
        raise Unauthorized("not a JSON Web Token") from error
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise Unauthorized(f"the token's algorithm must be {' or '.join(sorted(ALGORITHMS))}")
    if not isinstance(key_id, str):
        raise Unauthorized("the token names no key (kid)")
    return key_id


def _verified_claims(token: str, key: jwt.PyJWK, issuer: str) -> Claims:
    try:
        return cast(
            "Claims",
            jwt.decode(
                token,
                key=key,
                algorithms=[key.algorithm_name],
                issuer=issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "sub"], "verify_aud": False},
            ),
        )
    except jwt.PyJWTError as error:
        raise Unauthorized(_reason(error)) from error


def _reason(error: jwt.PyJWTError) -> str:
    match error:
        case jwt.ExpiredSignatureError():
            return "the token has expired"
        case jwt.ImmatureSignatureError():
            return "the token is not valid yet"
        case jwt.InvalidIssuerError():
            return "the token is of another issuer"
        case jwt.MissingRequiredClaimError():
            return f"the token has no claim {error.claim}"
        case jwt.InvalidSignatureError():
            return "the token's signature is wrong"
        case jwt.InvalidAlgorithmError():
            return "the token's algorithm is not its key's"
        case _:
            return "the token's claims cannot be read"


def _user_id(claims: Claims) -> UserId:
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject:
        raise Unauthorized("the token has no claim sub")
    return UserId(subject)


def _require_audience(claims: Claims, audience: str) -> None:
    """Access tokens of Amazon Cognito carry `client_id` where others carry `aud`."""
    given = claims.get("aud", claims.get("client_id"))
    accepted = cast("list[object]", given) if isinstance(given, list) else [given]
    if audience not in accepted:
        raise Unauthorized("the token is made for another audience")


def _is_admin(claims: Claims) -> bool:
    """By the claim `role`, or by membership in a group of the user pool."""
    groups = claims.get("cognito:groups")
    return claims.get("role") == ADMIN or (isinstance(groups, list) and ADMIN in groups)
