"""Keys as an issuer publishes them, and the claims of a token that one of them has signed."""

from collections.abc import Mapping
from typing import Final, cast

import jwt
import orjson

from chaingraph.errors import Unauthorized, Unavailable
from chaingraph.graph.json_types import list_of, object_of

ALGORITHMS: Final = frozenset({"RS256", "ES256"})
LEEWAY_SECONDS: Final = 10
MAX_TOKEN_LENGTH: Final = 8192

Claims = Mapping[str, object]
Keys = Mapping[str, jwt.PyJWK]


def usable_keys(document: bytes) -> Keys:
    """The published keys for signatures that are accepted here; others are passed over."""
    try:
        published = [object_of(key) for key in list_of(object_of(orjson.loads(document))["keys"])]
        keys = [jwt.PyJWK(key) for key in published if key["kty"] in {"RSA", "EC"}]
    except (jwt.PyJWTError, ValueError, LookupError, TypeError) as error:
        raise Unavailable("the issuer's keys cannot be understood") from error
    return {key.key_id: key for key in keys if key.key_id and key.algorithm_name in ALGORITHMS}


def key_id(token: str) -> str:
    if len(token) > MAX_TOKEN_LENGTH:
        raise Unauthorized(f"the token is longer than {MAX_TOKEN_LENGTH} characters")
    try:
        header = cast("Claims", jwt.get_unverified_header(token))
    except jwt.PyJWTError as error:
        raise Unauthorized("not a JSON Web Token") from error
    algorithm, named = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise Unauthorized(f"the token's algorithm must be {' or '.join(sorted(ALGORITHMS))}")
    if not isinstance(named, str):
        raise Unauthorized("the token names no key (kid)")
    return named


def verified_claims(token: str, key: jwt.PyJWK, issuer: str) -> Claims:
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
