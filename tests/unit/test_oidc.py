import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from chaingraph.errors import Unauthorized, Unavailable
from chaingraph.oidc import MAX_AGE_SECONDS, REFRESH_SECONDS, Issuer, Oidc, keys_at

pytestmark = pytest.mark.anyio

ISSUER = Issuer("https://issuer.example", "chaingraph")
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())


def rsa_key(key_id: str, key: rsa.RSAPrivateKey = RSA) -> dict[str, object]:
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "alg": "RS256"}


def ec_key(key_id: str) -> dict[str, object]:
    return {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": key_id}


class KeySet:
    """An issuer's keys; counts how often they are read."""

    def __init__(self, *keys: Mapping[str, object]) -> None:
        self.keys = list(keys)
        self.count = 0
        self.is_available = True

    async def __call__(self) -> bytes:
        self.count += 1
        if not self.is_available:
            raise Unavailable("the issuer's keys cannot be read")
        return orjson.dumps({"keys": self.keys})


@dataclass(slots=True)
class Stopwatch:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


def claims(**changed: object) -> dict[str, object]:
    now = int(time.time())
    given = {"iss": ISSUER.issuer, "aud": ISSUER.audience, "sub": "alice", "exp": now + 600, **changed}
    return {name: value for name, value in given.items() if value is not None}


def token(**changed: object) -> str:
    return signed(RSA, "RS256", "k1", **changed)


def signed(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    algorithm: str,
    key_id: str | None,
    **changed: object,
) -> str:
    headers = {} if key_id is None else {"kid": key_id}
    return jwt.encode(claims(**changed), key, algorithm, headers=headers)


def unsigned(header: Mapping[str, object], signature: bytes = b"") -> str:
    parts = (orjson.dumps(header), orjson.dumps(claims()), signature)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def checker(*keys: Mapping[str, object]) -> Oidc:
    return Oidc(ISSUER, KeySet(*keys))


async def refusal(text: str) -> str:
    with pytest.raises(Unauthorized) as refused:
        await checker(rsa_key("k1")).identify(text)
    return refused.value.message


async def test_a_token_tells_whose_it_is() -> None:
    user = await checker(rsa_key("k1")).identify(token())

    assert (user.id, user.is_admin) == ("alice", False)


async def test_a_token_may_be_signed_on_an_elliptic_curve() -> None:
    user = await checker(ec_key("k2")).identify(signed(EC, "ES256", "k2"))

    assert user.id == "alice"


@pytest.mark.parametrize("claim", [{"role": "admin"}, {"cognito:groups": ["staff", "admin"]}])
async def test_an_admin_is_one_by_role_or_by_group(claim: Mapping[str, object]) -> None:
    assert (await checker(rsa_key("k1")).identify(token(**claim))).is_admin


@pytest.mark.parametrize("claim", [{"role": "administrator"}, {"cognito:groups": "admin"}, {"role": True}])
async def test_nobody_else_is_an_admin(claim: Mapping[str, object]) -> None:
    assert not (await checker(rsa_key("k1")).identify(token(**claim))).is_admin


async def test_an_access_token_names_its_audience_as_the_client() -> None:
    user = await checker(rsa_key("k1")).identify(token(aud=None, client_id="chaingraph"))

    assert user.id == "alice"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": 1}, "the token has expired"),
        ({"exp": None}, "the token has no claim exp"),
        ({"nbf": 2**33}, "the token is not valid yet"),
        ({"iss": "https://other.example"}, "the token is of another issuer"),
        ({"iss": None}, "the token has no claim iss"),
        ({"sub": None}, "the token has no claim sub"),
        ({"sub": ""}, "the token has no claim sub"),
        ({"aud": "another"}, "the token is made for another audience"),
        ({"aud": None}, "the token is made for another audience"),
        ({"aud": None, "client_id": "another"}, "the token is made for another audience"),
    ],
)
async def test_a_refusal_says_why(changed: Mapping[str, object], reason: str) -> None:
    assert await refusal(token(**changed)) == reason


async def test_a_token_that_expired_a_moment_ago_is_still_accepted() -> None:
    user = await checker(rsa_key("k1")).identify(token(exp=int(time.time()) - 2))

    assert user.id == "alice"


async def test_a_token_with_another_signature_is_refused() -> None:
    assert await refusal(signed(OTHER_RSA, "RS256", "k1")) == "the token's signature is wrong"


async def test_a_token_with_changed_claims_is_refused() -> None:
    header, _, signature = token().split(".")
    forged = base64.urlsafe_b64encode(orjson.dumps(claims(sub="bob"))).decode().rstrip("=")

    assert await refusal(f"{header}.{forged}.{signature}") == "the token's signature is wrong"


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "HS512", "RS512", "PS256", "", None])
async def test_only_two_algorithms_are_accepted(algorithm: str | None) -> None:
    reason = await refusal(unsigned({"alg": algorithm, "kid": "k1"}))

    assert reason == "the token's algorithm must be ES256 or RS256"


async def test_a_public_key_is_no_secret_to_sign_with() -> None:
    forged = jwt.encode(claims(), str(rsa_key("k1")["n"]), "HS256", headers={"kid": "k1"})

    assert await refusal(forged) == "the token's algorithm must be ES256 or RS256"


async def test_a_token_is_checked_with_the_algorithm_of_its_key() -> None:
    assert await refusal(unsigned({"alg": "ES256", "kid": "k1"}, b"x" * 64)) == (
        "the token's algorithm is not its key's"
    )


async def test_a_token_without_a_key_id_is_refused() -> None:
    assert await refusal(signed(RSA, "RS256", None)) == "the token names no key (kid)"


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "....", "ü.ü.ü", "\0"])
async def test_what_is_no_token_is_refused(text: str) -> None:
    assert await refusal(text) == "not a JSON Web Token"


async def test_an_endless_token_is_refused() -> None:
    assert "longer than" in await refusal("x" * 9000)


async def test_the_keys_are_read_once_for_many_tokens() -> None:
    keys = KeySet(rsa_key("k1"))
    oidc = Oidc(ISSUER, keys)

    for _ in range(3):
        await oidc.identify(token())

    assert keys.count == 1


async def test_a_new_key_of_the_issuer_is_found() -> None:
    keys, stopwatch = KeySet(rsa_key("k1")), Stopwatch()
    oidc = Oidc(ISSUER, keys, stopwatch)
    await oidc.identify(token())
    keys.keys.append(ec_key("k2"))
    stopwatch.seconds += REFRESH_SECONDS + 1

    assert (await oidc.identify(signed(EC, "ES256", "k2"))).id == "alice"


async def test_unknown_keys_do_not_make_it_ask_the_issuer_all_the_time() -> None:
    keys = KeySet(rsa_key("k1"))
    oidc = Oidc(ISSUER, keys, Stopwatch())
    for _ in range(5):
        with pytest.raises(Unauthorized, match="does not publish"):
            await oidc.identify(signed(RSA, "RS256", "unknown"))

    assert keys.count == 1


async def test_a_key_that_the_issuer_takes_back_is_not_accepted_for_ever() -> None:
    keys, stopwatch = KeySet(rsa_key("k1")), Stopwatch()
    oidc = Oidc(ISSUER, keys, stopwatch)
    await oidc.identify(token())
    keys.keys.clear()
    stopwatch.seconds += MAX_AGE_SECONDS + 1

    with pytest.raises(Unauthorized, match="does not publish"):
        await oidc.identify(token())


async def test_an_issuer_that_does_not_answer_is_no_reason_to_refuse_a_token() -> None:
    keys = KeySet(rsa_key("k1"))
    keys.is_available = False

    with pytest.raises(Unavailable):
        await Oidc(ISSUER, keys).identify(token())


@pytest.mark.parametrize("text", [b"", b"{}", b'{"keys":[{"kty":"RSA"}]}', b'{"keys":[1]}'])
async def test_keys_that_cannot_be_understood_are_not_used(text: bytes) -> None:
    async def fetch() -> bytes:
        return text

    with pytest.raises(Unavailable):
        await Oidc(ISSUER, fetch).identify(token())


async def test_keys_of_other_kinds_are_passed_over() -> None:
    symmetric = {"kty": "oct", "kid": "k1", "k": "c2VjcmV0"}

    assert (await checker(symmetric, rsa_key("k1")).identify(token())).id == "alice"


async def test_keys_come_from_the_network_only() -> None:
    with pytest.raises(ValueError, match="JWKS_URL"):
        keys_at("file:///etc/passwd")


async def test_an_address_where_nobody_answers_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await keys_at("http://127.0.0.1:1/keys")()
