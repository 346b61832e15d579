"""Nodes that give secrets, and what a secret is."""

import pickle

import pytest

from chaingraph.errors import NotFound, Rejected
from chaingraph.graph.ports import read_root_port
from chaingraph.graph.secrets import (
    KeptSecret,
    Secret,
    WrittenSecret,
    fields_of,
    reference_of,
    reference_value,
)
from chaingraph.graph.values import stored_form
from chaingraph.ids import NodeId
from tests.fakes.facilities import FakeSecretVault, facilities
from tests.node_bodies import FakeScope, ran

KEY = Secret("openai", {"apiKey": "sk-1"})


def test_a_secret_node_gives_a_reference_to_what_the_vault_keeps() -> None:
    vault = FakeSecretVault({"my-key": {"apiKey": "sk-1"}})
    scope = FakeScope(facilities=facilities(secrets=vault), configs={"secret": {"secretType": "openai"}})

    given = ran("SecretNode", scope, secretID=" my-key ")["secret"]

    assert reference_of(given) == KeptSecret("openai", "my-key")
    assert vault.read_names == [("my-key", "alice")]


@pytest.mark.parametrize(("name", "error"), [("", Rejected), ("unknown", NotFound)])
def test_a_secret_node_without_a_secret_fails(name: str, error: type[Exception]) -> None:
    scope = FakeScope(facilities=facilities(secrets=FakeSecretVault()))

    with pytest.raises(error):
        ran("SecretNode", scope, secretID=name)


def test_a_written_secret_is_a_reference_to_its_node() -> None:
    given = ran("UnencryptedSecret", secretType="openai", unencryptedData={"apiKey": "sk-1"})["secret"]

    assert reference_of(given) == WrittenSecret("openai", NodeId("n"))
    assert "sk-1" not in str(given)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"unencryptedData": {"apiKey": "x"}}, "type is not set"),
        ({"secretType": "nonsense", "unencryptedData": {"apiKey": "x"}}, "Unknown secret type"),
        ({"secretType": "openai"}, "is empty"),
        ({"secretType": "openai", "unencryptedData": {"apiKey": ""}}, "is empty"),
    ],
)
def test_a_written_secret_has_a_type_and_words(values: dict[str, object], message: str) -> None:
    with pytest.raises(Rejected, match=message):
        ran("UnencryptedSecret", **values)


def test_a_secret_gives_the_field_that_is_asked_for() -> None:
    assert KEY.word("value", "apiKey") == "sk-1"
    assert KEY.word("value") == "sk-1"
    with pytest.raises(Rejected, match="has no field value"):
        Secret("xApp", {"key": "k", "secretKey": "s"}).word("value")


def test_a_secret_does_not_show_its_words() -> None:
    assert "sk-1" not in f"{KEY} {KEY!r}"


def test_a_secret_cannot_be_stored() -> None:
    port = read_root_port({"key": "p", "type": "any", "direction": "output"}, "", [])
    assert port is not None

    with pytest.raises(TypeError):
        pickle.dumps(KEY)
    with pytest.raises(Rejected, match="cannot be stored"):
        stored_form(port, KEY)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "sk-1",
        {},
        {"secret": "x"},
        {"secret": {"type": "openai"}},
        {"secret": {"type": "openai", "name": 1}},
        {"secret": {"type": "openai", "name": "a", "nodeId": "b"}},
        {"secret": {"type": "openai", "name": "a"}, "more": 1},
        {"encrypted": "x", "hkdfNonce": "y", "publicKey": "z"},
    ],
)
def test_nothing_else_is_a_reference(value: object) -> None:
    assert reference_of(value) is None


def test_a_reference_is_a_plain_value() -> None:
    for reference in (KeptSecret("openai", "a"), WrittenSecret("string", NodeId("n"))):
        assert reference_of(reference_value(reference)) == reference


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("plain", {"value": "plain"}),
        ("12", {"value": "12"}),
        ('{"apiKey": "a", "n": 1}', {"apiKey": "a"}),
    ],
)
def test_a_kept_text_is_an_object_of_fields_or_a_value(text: str, fields: dict[str, str]) -> None:
    assert fields_of(text) == fields
