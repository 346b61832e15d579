"""Tokens of a system on one machine, which is its own issuer: signed with the key in its state folder."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from chaingraph.cli.local_system import SIGNING_KEY, LocalSystem
from chaingraph.errors import NotFound

ALGORITHM: Final = "ES256"
LIFETIME: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token is for. A role is `admin`, or None."""

    user: str
    role: str | None = None


def read_signing_key(state: Path) -> EllipticCurvePrivateKey:
    """Raises NotFound."""
    try:
        text = (state / SIGNING_KEY).read_bytes()
        key = load_pem_private_key(text, password=None)
    except (OSError, ValueError) as error:
        raise NotFound(f"the state folder {state} holds no signing key that can be read") from error
    if not isinstance(key, EllipticCurvePrivateKey):
        raise NotFound(f"the signing key in the state folder {state} is of another kind")
    return key


def key_id(key: EllipticCurvePrivateKey) -> str:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()[:16]


def sign_token(bearer: Bearer, key: EllipticCurvePrivateKey, *, system: LocalSystem, now: datetime) -> str:
    claims: dict[str, object] = {
        "iss": system.issuer,
        "aud": system.audience,
        "sub": bearer.user,
        "iat": now,
        "exp": now + LIFETIME,
        **_role(bearer),
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": key_id(key)})


def _role(bearer: Bearer) -> Mapping[str, object]:
    return {} if bearer.role is None else {"role": bearer.role}
