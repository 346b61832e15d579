"""What every Identities must do, fake or real."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from chaingraph.errors import Unauthorized
from chaingraph.interfaces import Identities, User
from chaingraph.oidc import Issuer, Oidc
from tests.contract.builders import ALICE, BOB
from tests.fakes.identities import FakeIdentities

pytestmark = pytest.mark.anyio

ISSUER = Issuer("https://issuer.example", "chaingraph")
USER = User(ALICE, is_admin=False)
ADMIN = User(BOB, is_admin=True)


@dataclass(frozen=True, slots=True)
class Known:
    """Who is known here, and by which token."""

    identities: Identities
    token_of: Callable[[User], str]


def in_memory() -> Known:
    tokens = {"token of alice": USER, "token of bob": ADMIN}
    return Known(FakeIdentities(tokens), {user: token for token, user in tokens.items()}.__getitem__)


def of_an_issuer() -> Known:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    published = {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "key", "alg": "RS256"}

    async def fetch_keys() -> bytes:
        return orjson.dumps({"keys": [published]})

    return Known(Oidc(ISSUER, fetch_keys), lambda user: _signed(user, key))


def _signed(user: User, key: rsa.RSAPrivateKey) -> str:
    claims = {
        "iss": ISSUER.issuer,
        "aud": ISSUER.audience,
        "sub": user.id,
        "exp": int(time.time()) + 600,
        "role": "admin" if user.is_admin else "user",
    }
    return jwt.encode(claims, key, "RS256", headers={"kid": "key"})


@pytest.fixture(params=[in_memory, of_an_issuer], ids=["fake", "oidc"])
def known(request: pytest.FixtureRequest) -> Known:
    make: Callable[[], Known] = request.param
    return make()


@pytest.mark.parametrize("user", [USER, ADMIN], ids=["user", "admin"])
async def test_a_token_tells_who_it_belongs_to(known: Known, user: User) -> None:
    assert await known.identities.identify(known.token_of(user)) == user


async def test_many_at_once_are_told_apart(known: Known) -> None:
    tokens = [known.token_of(user) for user in (USER, ADMIN)] * 3

    assert await asyncio.gather(*map(known.identities.identify, tokens)) == [USER, ADMIN] * 3


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "\0", "é", "x" * 100_000])
async def test_what_is_no_token_is_refused(known: Known, token: str) -> None:
    with pytest.raises(Unauthorized):
        await known.identities.identify(token)


async def test_a_token_with_one_changed_character_is_refused(known: Known) -> None:
    token = known.token_of(USER)

    with pytest.raises(Unauthorized):
        await known.identities.identify(("b" if token[0] != "b" else "c") + token[1:])
