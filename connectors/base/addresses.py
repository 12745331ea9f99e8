"""Where requests may go: over TLS, to hosts that the settings or an administrator have named, and to no other."""

import ipaddress
import re
import socket
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

PORTS = {"https": 443, "http": 80}
_ELSEWHERE_READ_OTHERWISE = re.compile(r"[\\\x00-\x20\x7f-\xa0]")


def is_allowed(url: str) -> bool:
    """https to a host by its name or number; this machine itself, also in clear, only with CONNECTORS_LOOPBACK."""
    parts = _plain(url)
    host = (parts.hostname or "") if parts else ""
    if parts is None or not host or parts.port == 0:
        return False
    if is_loopback(host):
        return bool(settings.CONNECTORS_LOOPBACK) and parts.scheme in PORTS
    return parts.scheme == "https"


def is_loopback(host: str) -> bool:
    """By its name or number; a name that only resolves to this machine is its administrator's doing."""
    host = host.rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _number_of(host)
    if address is None:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or address.is_unspecified or bool(mapped and mapped.is_loopback)


def _number_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Also of one that is written as the resolver takes it: 127.1, 2130706433, 0x7f.1."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):  # ValueError: letters that no such number has
        return None


def same_origin(one: str, other: str) -> bool:
    """Whether both are the same host and port in the same scheme: links of an answer are followed only then."""
    parts = [_plain(url) for url in (one, other)]
    return None not in parts and len({_origin(part) for part in parts if part}) == 1


def _plain(url: str) -> SplitResult | None:
    """None of an address that others might take apart in another way: with a name or password, a backslash, white space
    or control characters.
    """
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises for what is no number
    except ValueError:
        return None
    return None if "@" in parts.netloc or _ELSEWHERE_READ_OTHERWISE.search(url) else parts


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or PORTS.get(parts.scheme, 0)
