"""What nodes may reach."""

import ipaddress

import pytest

from chaingraph.outbound.addresses import AllowList, is_public

NOT_PUBLIC = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.8.9.10",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:db8::1",
]
PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::101:101"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_the_open_internet_is_refused(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    assert not AllowList().admits("example.com", ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_the_open_internet_is_reached(address: str) -> None:
    assert AllowList().admits("example.com", ipaddress.ip_address(address))


def test_a_network_and_an_address_can_be_allowed() -> None:
    allowed = AllowList.of(["10.1.0.0/16", " 127.0.0.1 ", ""])

    assert allowed.admits("x", ipaddress.ip_address("10.1.200.3"))
    assert allowed.admits("x", ipaddress.ip_address("127.0.0.1"))
    assert not allowed.admits("x", ipaddress.ip_address("10.2.0.1"))
    assert not allowed.admits("x", ipaddress.ip_address("127.0.0.2"))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("db.corp.example", True),
        ("DB.Corp.Example.", True),
        ("a.b.corp.example", True),
        ("exact.example", True),
        ("corp.example", False),
        ("evilcorp.example", False),
        ("below.exact.example", False),
    ],
)
def test_hosts_can_be_allowed_by_name_or_by_domain(host: str, *, expected: bool) -> None:
    allowed = AllowList.of(["*.corp.example", "exact.example"])

    assert allowed.admits(host, ipaddress.ip_address("10.0.0.1")) is expected


def test_a_network_does_not_allow_the_metadata_address_in_it() -> None:
    metadata = ipaddress.ip_address("169.254.169.254")

    assert not AllowList.of(["169.254.0.0/16", "0.0.0.0/0"]).admits("x", metadata)
    assert AllowList.of(["169.254.169.254"]).admits("x", metadata)


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="300"):
        AllowList.of(["300.0.0.0/8"])
