"""Which network addresses a flow may reach."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from chaingraph.errors import Rejected

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# They hand out credentials of the machine, so a range that happens to contain one does not allow it.
METADATA: Final[frozenset[Address]] = frozenset(
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "fd00:ec2::254")
)
# Special purposes that not every version of the standard library knows.
_RESERVED: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
        "64:ff9b:1::/48",
    )
)
# Addresses of IPv4 in the clothes of IPv6.
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(Rejected):
    """A flow may not reach this address: the operator has to allow it."""


def is_public(address: Address) -> bool:
    """True for an address of the open internet: not of this machine, its network, a group or a cloud."""
    inner = _embedded(address)
    if inner is not None:
        return is_public(inner)
    if address in METADATA or any(address in network for network in _RESERVED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: Address) -> Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(address.packed[-4:])
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


@dataclass(frozen=True, slots=True)
class AllowList:
    """`hosts`: names in small letters; one that begins with a dot stands for everything below it."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> Self:
        """Entries: `example.com`, `*.example.com`, `10.1.0.0/16`, `127.0.0.1`. Raises ValueError."""
        hosts, networks = set[str](), list[Network]()
        for entry in (entry.strip().lower() for entry in entries):
            network = _network(entry)
            if network is not None:
                networks.append(network)
            elif entry:
                hosts.add(entry.removeprefix("*"))
        return cls(frozenset(hosts), tuple(networks))

    def admits(self, host: str, address: Address) -> bool:
        """`host`: the name that was looked up; the address itself where none was."""
        return self._names(host) or self._holds(address) or is_public(address)

    def _names(self, host: str) -> bool:
        name = host.lower().rstrip(".")
        parents = (name[place:] for place, character in enumerate(name) if character == ".")
        return name in self.hosts or any(parent in self.hosts for parent in parents)

    def _holds(self, address: Address) -> bool:
        holding = (network for network in self.networks if address in network)
        return any(address not in METADATA or network.num_addresses == 1 for network in holding)


def _network(entry: str) -> Network | None:
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        if "/" in entry:
            raise
        return None
