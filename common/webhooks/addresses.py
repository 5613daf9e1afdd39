"""
Which addresses a message may go to: what somebody typed must not lead into our own network.

A name is looked up once, every address it has is checked, and the connection is made to one that
was checked: a name that leads elsewhere a moment later leads nowhere.
"""

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from threading import BoundedSemaphore, Thread
from urllib.parse import SplitResult, urlsplit

MAX_LENGTH = 500
DEFAULT_PORTS = {"https": 443, "http": 80}
# RFC 6052: an IPv4 address behind a translator.
NAT64 = ip_network("64:ff9b::/96")
# A name service that does not answer holds neither a request nor a worker longer.
LOOK_UP_S = 5.0
_ASKING = BoundedSemaphore(16)
# The same for a name that is not known: else it could be found out which names our network has.
_NOWHERE = "Its name does not lead to a public address."
_PRINTABLE = re.compile(r"[!-~]+")

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class AddressRefused(Exception):
    """Nothing is sent there; the message says why and names no address of our network."""


@dataclass(frozen=True)
class AddressPolicy:
    """What receivers may be: https on few ports of the public network, and what is listed."""

    ports: frozenset[int] = frozenset({443, 8443})
    networks: tuple[Network, ...] = ()
    allows_http: bool = False


@dataclass(frozen=True)
class Place:
    """Where a connection goes: addresses that were checked, and the name to ask for there."""

    host: str
    port: int
    is_tls: bool
    target: str
    addresses: tuple[str, ...]

    @property
    def host_header(self) -> str:
        """As a browser would write it: the port only where it is not the usual one."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        usual = DEFAULT_PORTS["https" if self.is_tls else "http"]
        return name if self.port == usual else f"{name}:{self.port}"


def place_of(url: str, policy: AddressPolicy | None) -> Place:
    """
    Look a receiver's address up; without a policy the address is one that whoever runs us set.

    Raises AddressRefused. Asks the name service, so never inside a transaction.
    """
    parts = checked_url(url, policy)
    host = str(parts.hostname)
    port = DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    found = _looked_up(host, port)
    if policy is not None:
        for address in found:
            if not is_allowed(ip_address(address), policy.networks):
                raise AddressRefused(_NOWHERE)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(host, port, parts.scheme == "https", target, found)


def checked_url(url: str, policy: AddressPolicy | None) -> SplitResult:
    """The parts of an address that may be asked for, as far as its text tells. AddressRefused."""
    if len(url) > MAX_LENGTH or not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise AddressRefused(f"Printable ASCII without blanks, {MAX_LENGTH} characters at most.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("Not an address.") from None
    is_open = policy is None or policy.allows_http
    if parts.scheme not in (("https", "http") if is_open else ("https",)) or not parts.hostname:
        raise AddressRefused("Not an https address.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("Without name and password, and without a fragment.")
    asked = DEFAULT_PORTS[parts.scheme] if port is None else port
    if policy is not None and asked not in policy.ports:
        allowed = ", ".join(map(str, sorted(policy.ports)))
        raise AddressRefused(f"Not one of the ports {allowed}.")
    return parts


def is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Whether an address is on the public network or in one of the networks that are listed."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    meant = _meant(address)
    if any(one in network for one in (address, meant) for network in networks):
        return True
    return meant.is_global and not _is_special(meant)


def _meant(address: Address) -> Address:
    """What an address stands for: an IPv4 address that is mapped or translated is that address."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_special(address: Address) -> bool:
    """Not for one receiver, or, as tunnels are, leading to an address that nobody has checked."""
    return (
        address.is_multicast
        or address.is_reserved
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or any(getattr(address, kind, None) for kind in ("is_site_local", "sixtofour", "teredo"))
    )


def _looked_up(host: str, port: int) -> tuple[str, ...]:
    """The addresses of a name. AddressRefused, also when the name service takes too long."""
    found: list[str] = []
    turns = _ASKING
    if not turns.acquire(timeout=LOOK_UP_S):
        raise AddressRefused(_NOWHERE)
    # A call of the C library cannot be broken off: it is left alone, in a thread of its own.
    asking = Thread(target=_ask, args=(host, port, found, turns), daemon=True)
    asking.start()
    asking.join(LOOK_UP_S)
    if asking.is_alive() or not found:
        raise AddressRefused(_NOWHERE)
    return tuple(dict.fromkeys(found))


def _ask(host: str, port: int, found: list[str], turns: BoundedSemaphore) -> None:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found.extend(str(answer[4][0]) for answer in answers)
    except (OSError, UnicodeError):
        return
    finally:
        turns.release()
