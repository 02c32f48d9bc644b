"""Which addresses of the network we connect to on someone else's word: the public ones.

Whoever names a web address to us, be it a feed, a page or a webhook, must not reach through us
what only we can reach. The rule is asked for the numbers that a name resolves to, and the
connection is made to those very numbers, so that a name cannot mean one thing when it is checked
and another when it is used.
"""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

PORTS = frozenset({80, 443})
_ALLOCATED = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
_SPECIAL6 = (IPv6Network("2001::/23"), IPv6Network("3fff::/20"))
"""Of the IANA's registries of special purposes, what some versions of Python take for global."""


class ForbiddenAddressError(Exception):
    """A host or port that is not for the public; `host` names it."""

    def __init__(self, host: str, reason: str) -> None:
        self.host = host
        super().__init__(f"{host} {reason}; WEFT_FETCH_PRIVATE allows it")


class UnknownHostError(Exception):
    """A name that no address belongs to."""

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(f"{host} cannot be resolved")


def check_port(host: str, port: int, *, allow_private: bool = False) -> None:
    """Raise ForbiddenAddressError where the port is not one of the web's."""
    if not allow_private and port not in PORTS:
        raise ForbiddenAddressError(host, f"is asked for on port {port}, not 80 or 443")


def resolve(host: str, port: int, *, allow_private: bool = False) -> list[str]:
    """Return the numeric addresses of a host, all of them checked; connect to no others.

    Raises ForbiddenAddressError when any of them is not public or the port is not one of the
    web's, UnknownHostError when there is none.
    """
    check_port(host, port, allow_private=allow_private)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError(host) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not allow_private and not is_public(address):
            raise ForbiddenAddressError(host, f"is at {address}, which is not a public address")
    return addresses


def is_public(address: str) -> bool:
    """Tell whether a numeric address is one of the public internet's single hosts.

    Not so: private, loopback, link-local, shared (CGNAT), multicast, unspecified and reserved
    ranges, and IPv6 forms that carry an IPv4 address (mapped, 6to4, Teredo). Behind NAT64 the
    carried address decides, for there it is how IPv4 is reached at all.
    """
    number = ip_address(address)
    if isinstance(number, IPv4Address):
        is_special = any(number in network for network in _SPECIAL)
        return number.is_global and not number.is_multicast and not is_special
    if number in _NAT64:
        return is_public(str(IPv4Address(int(number) & 0xFFFFFFFF)))
    return _is_public6(number)


def _is_public6(number: IPv6Address) -> bool:
    is_special = number.sixtofour is not None or any(number in each for each in _SPECIAL6)
    return number in _ALLOCATED and number.is_global and not is_special
