"""The system on one machine as its own issuer of tokens: the key, and the documents it publishes."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm

from chaingraph.cli.local_system import SIGNING_KEY
from chaingraph.cli.local_tokens import ALGORITHM, key_id, read_signing_key

CONFIGURATION_PATH: Final = "/.well-known/openid-configuration"
KEYS_PATH: Final = "/.well-known/jwks.json"


def signing_key(state: Path) -> EllipticCurvePrivateKey:
    """The key in the state folder, made where it is missing."""
    if not (state / SIGNING_KEY).exists():
        _write_key(state / SIGNING_KEY)
    return read_signing_key(state)


def published_documents(issuer: str, key: EllipticCurvePrivateKey) -> Mapping[str, object]:
    """OpenID Connect Discovery: the documents by their path below the issuer's address."""
    published = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {
        CONFIGURATION_PATH: {
            "issuer": issuer,
            "jwks_uri": f"{issuer}{KEYS_PATH}",
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
        },
        KEYS_PATH: {"keys": [{**published, "kid": key_id(key), "use": "sig", "alg": ALGORITHM}]},
    }


def _write_key(path: Path) -> None:
    """The file is there whole or not at all, and never open to others."""
    text = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
    new.rename(path)
