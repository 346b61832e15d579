"""An issuer of tokens: its keys at an address of this machine, and tokens that they have signed."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)

from chaingraph.cli.local_system import LocalSystem
from chaingraph.cli.local_tokens import Bearer, sign_token
from infra.local.issuer import KEYS_PATH, published_documents

AUDIENCE: Final = "chaingraph"


@dataclass(frozen=True, slots=True)
class Issuer:
    address: str
    key: EllipticCurvePrivateKey

    @property
    def settings(self) -> dict[str, str]:
        return {
            "OIDC_ISSUER": self.address,
            "OIDC_AUDIENCE": AUDIENCE,
            "JWKS_URL": f"{self.address}{KEYS_PATH}",
        }

    def token(self, user: str) -> str:
        system = LocalSystem(http_url="", websocket_url="", issuer=self.address, audience=AUDIENCE)
        return sign_token(Bearer(user), self.key, system=system, now=datetime.now(UTC))


@contextmanager
def issuer() -> Generator[Issuer]:
    key = generate_private_key(SECP256R1())

    class Published(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document = published_documents(address, key).get(self.path)
            self.send_response(200 if document else 404)
            self.end_headers()
            self.wfile.write(orjson.dumps(document))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Published) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield Issuer(address, key)
        server.shutdown()
        serving.join()
