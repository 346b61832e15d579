"""The certificate has to be of the name that was asked for, though the connection goes to an address."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chaingraph.errors import Unavailable
from chaingraph.graph.facilities import HttpRequest
from chaingraph.outbound.addresses import AllowList
from chaingraph.outbound.guarded_network import GuardedNetwork
from chaingraph.outbound.guarded_transport import GuardedTransport
from chaingraph.outbound.http_client import GuardedHttpClient

pytestmark = pytest.mark.anyio

ANSWER = b"HTTP/1.1 200 X\r\ncontent-length: 4\r\nconnection: close\r\n\r\nsafe"


def certificate_of(name: str, folder: Path) -> Path:
    """A certificate that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    public = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    path.write_bytes(public + private)
    return path


@asynccontextmanager
async def secure_server(certificate: Path) -> AsyncGenerator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def here(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def got(url: str, certificate: Path) -> bytes:
    network = GuardedNetwork(AllowList.of(["127.0.0.1"]), here)
    transport = GuardedTransport(network, ssl.create_default_context(cafile=str(certificate)), 1000)
    try:
        client = GuardedHttpClient(transport, max_response_bytes=1000)
        return (await client.send(HttpRequest(method="GET", url=url))).body
    finally:
        await transport.close()


async def test_the_certificate_of_the_name_is_accepted(tmp_path: Path) -> None:
    certificate = certificate_of("secure.example", tmp_path)

    async with secure_server(certificate) as port:
        assert await got(f"https://secure.example:{port}/", certificate) == b"safe"


async def test_the_certificate_of_another_name_is_refused(tmp_path: Path) -> None:
    certificate = certificate_of("other.example", tmp_path)

    async with secure_server(certificate) as port:
        with pytest.raises(Unavailable, match="certificate"):
            await got(f"https://secure.example:{port}/", certificate)
