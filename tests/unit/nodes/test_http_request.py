"""The HTTP node: what it sends, and what it makes of the answer."""

from typing import Any

import pytest

from chaingraph.errors import NotFound, Rejected, TooLarge, Unavailable
from chaingraph.graph.facilities import HttpResponse
from chaingraph.graph.secrets import KeptSecret, reference_value
from chaingraph.testing import FlowDraft, World, run_flow
from tests.fakes.facilities import FakeHttpClient, FakeSecretVault, facilities
from tests.node_bodies import FakeScope, ran

NO_ANSWER = Unavailable("no answer")
OK = HttpResponse(status=200, headers=(("x-one", "1"),), body=b"fine")
SECRET = reference_value(KeptSecret("string", "github"))


def requested(
    http: FakeHttpClient | None = None, scope: FakeScope | None = None, /, **values: object
) -> dict[str, Any]:
    scope = scope or FakeScope()
    vault = FakeSecretVault({"github": {"value": "ghp_1\n", "user": "ann"}})
    scope.facilities = facilities(http=http or FakeHttpClient(), secrets=vault)
    return ran("HttpRequestNode", scope, **{"baseUri": "https://api.example", "path": "/x", **values})


def sent(**values: object) -> Any:
    http = FakeHttpClient()
    requested(http, **values)
    (request,) = http.sent
    return request


@pytest.mark.parametrize(
    ("address", "path", "url"),
    [
        ("https://api.example", "/users", "https://api.example/users"),
        ("https://api.example/", "users", "https://api.example/users"),
        ("https://api.example/v1", "/users", "https://api.example/v1/users"),
        ("https://api.example/v1/", "users?q=1#f", "https://api.example/v1/users?q=1#f"),
        ("https://api.example/v1?key=1", "/users", "https://api.example/v1/users"),
        (" http://api.example:8080 ", " / ", "http://api.example:8080/"),
    ],
)
def test_the_path_is_added_to_the_path_of_the_base(address: str, path: str, url: str) -> None:
    assert sent(baseUri=address, path=path).url == url


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"baseUri": " "}, "Base URI is required"),
        ({"path": ""}, "Path is required"),
        ({"baseUri": "api.example"}, "Invalid Base URI: api.example"),
        ({"baseUri": "ftp://api.example"}, "Invalid Base URI"),
        ({"baseUri": "http://[::1"}, "Invalid Base URI"),
        ({"method": "TRACE"}, "Unknown method: TRACE"),
        ({"timeout": 0}, "timeout must be greater than 0"),
        ({"method": "POST", "body": "x"}, "needs the header Content-Type"),
        ({"method": "POST", "body": "{", "headers": "content-type: application/json"}, "Invalid JSON body"),
    ],
)
def test_what_cannot_be_sent_is_refused(values: dict[str, object], message: str) -> None:
    http = FakeHttpClient()

    with pytest.raises(Rejected, match=message):
        requested(http, **values)

    assert http.sent == []


def test_a_refusal_does_not_show_the_password_in_an_address() -> None:
    with pytest.raises(Rejected) as refusal:
        requested(baseUri="ftp://ann:hunter2@api.example")

    assert "hunter2" not in refusal.value.message


def test_headers_come_one_a_line() -> None:
    headers = "Accept: text/plain\r\n X-Time : 12:30 \nnonsense\nEmpty:\n: x"

    assert sent(headers=headers).headers == (("Accept", "text/plain"), ("X-Time", "12:30"))


def test_a_json_body_is_sent_in_its_shortest_form() -> None:
    request = sent(
        method="PUT", body='{ "a": 1.0,\n "b": "ü" }', headers="Content-Type: application/json; x=y"
    )

    assert request.body == '{"a":1,"b":"ü"}'.encode()


def test_other_bodies_are_sent_as_they_are() -> None:
    request = sent(method="DELETE", body="a=1 & b", headers="CONTENT-TYPE: application/x-www-form-urlencoded")

    assert request.body == b"a=1 & b"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_question_has_no_body_and_no_idempotency_key(method: str) -> None:
    request = sent(method=method, body="ignored")

    assert (request.method, request.body, request.headers) == (method, b"", ())


def test_what_may_have_an_effect_takes_the_idempotency_key_along() -> None:
    assert sent(method="POST").headers == (("Idempotency-Key", "EXone:n"),)
    assert sent(method="POST", headers="Idempotency-Key: mine").headers == (("Idempotency-Key", "mine"),)


def test_the_time_limit_is_in_milliseconds() -> None:
    assert sent().timeout_seconds == 30
    assert sent(timeout=1500).timeout_seconds == 1.5


def test_the_answer_is_in_the_outputs() -> None:
    values = requested(FakeHttpClient([OK]))

    assert (values["statusCode"], values["response"], values["responseHeaders"]) == (
        200,
        "fine",
        {"x-one": "1"},
    )


@pytest.mark.parametrize("status", [301, 404, 500])
def test_every_status_is_an_answer(status: int) -> None:
    values = requested(FakeHttpClient([HttpResponse(status=status, body=b"no")]))

    assert (values["statusCode"], values["response"]) == (status, "no")


def test_a_status_of_400_and_more_can_fail_the_node() -> None:
    scope, http = FakeScope(), FakeHttpClient([HttpResponse(status=400, body=b"no")])

    with pytest.raises(Rejected, match="status 400"):
        requested(http, scope, failOnHttpError=True, responseType="json")
    assert requested(FakeHttpClient([HttpResponse(status=399)]), failOnHttpError=True)["statusCode"] == 399


def test_a_request_without_an_answer_is_sent_again_after_longer_and_longer_pauses() -> None:
    http, scope = FakeHttpClient([NO_ANSWER] * 5 + [OK]), FakeScope()

    values = requested(http, scope, method="POST", retries=6)

    assert values["response"] == "fine"
    assert scope.slept == [1, 2, 4, 4, 4]
    assert {request.headers for request in http.sent} == {(("Idempotency-Key", "EXone:n"),)}


def test_after_the_last_attempt_the_node_fails() -> None:
    http, scope = FakeHttpClient([NO_ANSWER]), FakeScope()

    with pytest.raises(Unavailable):
        requested(http, scope, retries=2)

    assert (len(http.sent), scope.slept) == (3, [1, 2])


@pytest.mark.parametrize("refusal", [Rejected("not there"), TooLarge("too large")])
def test_a_refused_request_is_not_sent_again(refusal: Rejected | TooLarge) -> None:
    http = FakeHttpClient([refusal])

    with pytest.raises(type(refusal)):
        requested(http, retries=3)

    assert len(http.sent) == 1


@pytest.mark.parametrize(
    ("kind", "content_type", "body", "shown"),
    [
        ("json", "", b'{ "a": [1.0, 2.50] }', '{"a":[1,2.5]}'),
        ("json", "", b"", ""),
        ("text", "text/plain; charset=latin-1", b"\xfc", "ü"),
        ("text", 'text/plain; charset="utf-8"', "ü".encode(), "ü"),
        ("text", "text/plain; charset=nonsense", b"x\xff", "x�"),
        ("blob", "image/png", b"\x89PNG", "Blob: image/png, 4 bytes"),
        (
            "html-to-markdown",
            "text/html",
            b"<h1>One</h1><p>two <b>three</b></p><script>x()</script>",
            "# One\n\ntwo **three**",
        ),
        ("unknown", "", b"as it is", "as it is"),
    ],
)
def test_the_answer_is_shown_in_the_wanted_form(
    kind: str, content_type: str, body: bytes, shown: str
) -> None:
    response = HttpResponse(status=200, headers=(("content-type", content_type),), body=body)

    assert requested(FakeHttpClient([response]), responseType=kind)["response"] == shown


def test_an_answer_that_is_not_json_fails_the_node() -> None:
    with pytest.raises(Rejected, match="Failed to parse response as json"):
        requested(FakeHttpClient([HttpResponse(status=200, body=b"<html>")]), responseType="json")


def test_a_secret_is_put_into_headers() -> None:
    headers = "Authorization: Bearer {{secret}}\nX-User: {{ secret.user }}"

    request = sent(headers=f"{headers}\nX-Plain: yes", secret=SECRET)

    assert request.headers[:2] == (("Authorization", "Bearer ghp_1"), ("X-User", "ann"))
    assert request.confidential == {"authorization", "x-user"}


def test_a_request_does_not_show_its_headers_and_body() -> None:
    request = sent(headers="Authorization: Bearer {{secret}}", secret=SECRET)

    assert "ghp_1" not in repr(request)


@pytest.mark.parametrize(
    ("headers", "secret", "error"),
    [
        ("X: {{secret.nothing}}", SECRET, Rejected),
        ("X: {{secret}}", reference_value(KeptSecret("string", "unknown")), NotFound),
    ],
)
def test_a_secret_that_is_not_there_fails_the_node(
    headers: str, secret: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        requested(headers=headers, secret=secret)


def test_a_secret_that_no_header_names_is_not_read() -> None:
    assert sent(headers="X: {{other}}", secret=reference_value(KeptSecret("string", "unknown"))).headers == (
        ("X", "{{other}}"),
    )


def test_the_idempotency_key_of_any_node_can_be_sent() -> None:
    keys: list[str] = []
    for node_id in ("node:NO1 (a)", "Größe", "Größe%", "two\nlines"):
        world = World()
        world.http.answer("POST", "https://api.example/x")
        draft = FlowDraft()
        values = {"baseUri": "https://api.example", "path": "x", "method": "POST"}
        draft.add("HttpRequestNode", values, node_id=node_id)
        run_flow(draft, world=world).assert_completed()
        keys.append(dict(world.http.requests[0].headers)["Idempotency-Key"])

    assert keys[0] == "EXtest:node:NO1 (a)"
    assert all(key.isascii() and key.isprintable() for key in keys)
    assert len(set(keys)) == len(keys)
