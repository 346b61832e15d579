"""What looks like a credential is not shown; nothing else is touched."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.graph.redaction import (
    REDACTED,
    is_credential,
    may_need_redaction,
    redacted,
    redacted_headers,
    redacted_json,
)

CREDENTIALS = [
    "Authorization",
    "authorization",
    "Proxy-Authorization",
    "Cookie",
    "Set-Cookie",
    "X-Api-Key",
    "Api-Key",
    "apikey",
    "api_key",
    "X-Auth",
    "X-Auth-Token",
    "X-Amz-Security-Token",
    "PRIVATE-TOKEN",
    "X-Client-Secret",
    "Ocp-Apim-Subscription-Key",
    "x-functions-key",
    "aws-access-key",
    "X-Hub-Signature",
]
OTHERS = [
    "Author",
    "Authority",
    "Accept",
    "key",
    "token",
    "secret",
    "tokenUsage",
    "X-Request-Id",
    "Cookies",
    "monkey",
]


@pytest.mark.parametrize("name", CREDENTIALS)
def test_the_value_of_a_credential_is_not_shown(name: str) -> None:
    assert is_credential(name)
    assert redacted_headers(f"Accept: x\r\n  {name} : abc def\r\nX-B: y") == (
        f"Accept: x\r\n  {name} : {REDACTED}\r\nX-B: y"
    )
    assert redacted({"a": {name: "abc"}}) == {"a": {name: REDACTED}}
    assert redacted([{"key": name, "value": "abc"}]) == [{"key": name, "value": REDACTED}]
    assert redacted({"name": name, "value": "abc"}) == {"name": name, "value": REDACTED}


def test_all_values_of_a_credential_are_not_shown() -> None:
    assert redacted({"Set-Cookie": ["a=abc", "b=abc"]}) == {"Set-Cookie": [REDACTED, REDACTED]}
    assert redacted([["Accept", "x"], ["Cookie", "abc"]]) == [["Accept", "x"], ["Cookie", REDACTED]]
    assert redacted([[{"Cookie": "abc"}, 1]]) == [[{"Cookie": REDACTED}, 1]]
    assert redacted([["Cookie", "Accept"], 1]) == [["Cookie", "Accept"], 1]
    assert redacted(["Cookie", "Accept"]) == ["Cookie", "Accept"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ann:abc@example.com/a", f"https://{REDACTED}@example.com/a"),
        ("see http://:abc@h and ftp://b:c@h.", f"see http://{REDACTED}@h and ftp://{REDACTED}@h."),
        ("https://ann@example.com:80/a@b", "https://ann@example.com:80/a@b"),
        ("mail ann:bob@example.com", "mail ann:bob@example.com"),
    ],
)
def test_who_asks_is_not_shown_in_an_address(text: str, shown: str) -> None:
    assert redacted(text) == shown
    assert orjson.loads(redacted_json(orjson.dumps([text]))) == [shown]


@pytest.mark.parametrize("name", OTHERS)
def test_what_only_looks_similar_is_shown(name: str) -> None:
    text = f"{name}: abc"

    assert redacted_headers(text) == text
    assert redacted({name: "abc", "h": [{"key": name, "value": "abc"}]}) == {
        name: "abc",
        "h": [{"key": name, "value": "abc"}],
    }


def test_a_header_in_the_middle_of_a_line_is_text() -> None:
    text = "the header Authorization: Bearer is used"

    assert redacted_headers(text) == text


def test_what_a_credential_holds_besides_text_is_looked_through() -> None:
    value = {"authorization": {"type": "bearer", "x-api-key": "abc"}, "cookie": 5, "api-key": ""}

    assert redacted(value) == {
        "authorization": {"type": "bearer", "x-api-key": REDACTED},
        "cookie": 5,
        "api-key": "",
    }


def test_encoded_json_is_redacted() -> None:
    encoded = orjson.dumps({"values": {"headers": "Authorization: Bearer abc\nX: ü"}, "n": 1.5})

    assert orjson.loads(redacted_json(encoded)) == {
        "values": {"headers": f"Authorization: {REDACTED}\nX: ü"},
        "n": 1.5,
    }


def test_json_without_credentials_is_given_back_as_it_is() -> None:
    encoded = b'{"text": "the cookie is eaten",  "n": 1.0}'

    assert redacted_json(encoded) is encoded


@given(st.sampled_from(CREDENTIALS), st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1))
def test_the_quick_look_misses_no_credential(name: str, value: str) -> None:
    assert may_need_redaction(orjson.dumps({"text": f"{name}: {value}"}))
