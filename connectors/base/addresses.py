"""Where requests may go: over TLS, to hosts that the settings or an administrator have named, and to no other."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

PORTS = {"https": 443, "http": 80}


def is_allowed(url: str) -> bool:
    """https to a host by its name or number; this machine itself, also in clear, only with CONNECTORS_LOOPBACK."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    if not host or port == 0 or parts.username is not None or parts.password is not None or "\\" in url:
        return False
    if is_loopback(host):
        return bool(settings.CONNECTORS_LOOPBACK) and parts.scheme in PORTS
    return parts.scheme == "https"


def is_loopback(host: str) -> bool:
    """By its name or number; a name that only resolves to this machine is its administrator's doing."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or address.is_unspecified or bool(mapped and mapped.is_loopback)


def same_origin(one: str, other: str) -> bool:
    """Whether both are the same host and port in the same scheme: links of an answer are followed only then."""
    try:
        return _origin(urlsplit(one)) == _origin(urlsplit(other))
    except ValueError:
        return False


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or PORTS.get(parts.scheme, 0)
