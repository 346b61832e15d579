import pytest

from chaingraph.wire.secret_ports import holds_secrets, without_secrets

SECRET = {"type": "secret", "secretType": "openai"}
SEALED = {"encrypted": "AA", "hkdfNonce": "BB", "publicKey": "CC"}


@pytest.mark.parametrize(
    ("config", "value", "shown"),
    [
        (SECRET, SEALED, None),
        (
            {"type": "object", "schema": {"properties": {"key": SECRET, "name": {"type": "string"}}}},
            {"key": SEALED, "name": "n", "more": 1},
            {"key": None, "name": "n", "more": 1},
        ),
        ({"type": "array", "itemConfig": SECRET}, [SEALED, SEALED], [None, None]),
        (
            {"type": "stream", "itemConfig": SECRET},
            {"type": "stream", "buffer": [SEALED], "isClosed": True},
            {"type": "stream", "buffer": [None], "isClosed": True},
        ),
        ({"type": "any", "underlyingType": SECRET}, SEALED, None),
        ({"type": "array", "itemConfig": {"type": "array", "itemConfig": SECRET}}, [[SEALED]], [[None]]),
    ],
)
def test_a_secret_is_not_shown_wherever_it_stands(
    config: dict[str, object], value: object, shown: object
) -> None:
    assert holds_secrets(config)
    assert without_secrets(config, value) == shown


@pytest.mark.parametrize("value", [None, "text", 1, [1], {"a": 1}])
def test_a_port_without_secrets_shows_its_value(value: object) -> None:
    config: dict[str, object] = {"type": "array", "itemConfig": {"type": "any"}}

    assert not holds_secrets(config)
    assert without_secrets(config, value) == value
