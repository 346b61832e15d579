"""Our signatures are those of botocore."""

from datetime import UTC, datetime
from typing import Any, cast

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.aws.signing import Keys, Signer, Unsigned

texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
paths = st.lists(
    st.sampled_from(["stage", "%40connections", "L0SM9cOFvHcCIhw%3D", "a~b.c-d_e"]), min_size=1
).map(lambda parts: "/" + "/".join(parts))


@given(body=st.binary(max_size=100), path=paths, token=st.none() | texts, secret=texts, moment=moments)
def test_a_request_is_signed_as_botocore_signs_it(
    body: bytes, path: str, token: str | None, secret: str, moment: datetime
) -> None:
    keys = Keys(access_key="AKID", secret_key=secret, token=token)
    headers = {"content-type": "application/json"}
    ours = Signer(service="execute-api", region="eu-west-1").sign(
        Unsigned("POST", "example.org", path, headers, body), keys, moment
    )

    assert ours["authorization"] == botocore_signature(ours, path, body, keys)


def test_the_signing_key_follows_the_day_and_the_secret() -> None:
    signer = Signer(service="states", region="us-east-1")
    request = Unsigned("POST", "example.org", "/", {}, b"")
    moments = [datetime(2026, 1, day, 12, tzinfo=UTC) for day in (1, 2, 1)]
    secrets = ["one", "one", "other"]
    signed = [
        signer.sign(request, Keys("AKID", secret, None), moment)["authorization"]
        for secret, moment in zip(secrets, moments, strict=True)
    ]
    fresh = [
        Signer(service="states", region="us-east-1").sign(request, Keys("AKID", secret, None), moment)
        for secret, moment in zip(secrets, moments, strict=True)
    ]

    assert signed == [headers["authorization"] for headers in fresh]


def botocore_signature(headers: dict[str, str], path: str, body: bytes, keys: Keys) -> str:
    sent = {name: value for name, value in headers.items() if name != "authorization"}
    request = cast("Any", AWSRequest)("POST", f"https://example.org{path}", data=body, headers=sent)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = cast("Any", SigV4Auth)(
        ReadOnlyCredentials("AKID", keys.secret_key, keys.token), "execute-api", "eu-west-1"
    )
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signature = signer.signature(text, request)
    names = signer.signed_headers(signer.headers_to_sign(request))
    return (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, SignedHeaders={names}, Signature={signature}"
    )
