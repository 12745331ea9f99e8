"""Where browsers may send us: they name the address, so only push services that are known get anything from us."""

import re
from fnmatch import fnmatchcase

from django.conf import settings

from connectors.push.keys import UnusableKey, decoded

POINT_BYTES, SECRET_BYTES = 65, 16
"""Of a subscription's public key (uncompressed, RFC 8291) and of its secret."""


PLAIN_ADDRESS = re.compile(r"https://[!-~]+", re.IGNORECASE)
PLAIN_HOST = re.compile(r"[a-z0-9.-]+")


def is_known(endpoint: str) -> bool:
    """HTTPS at a host of `PUSH_HOSTS`, without a user or a strange port before or behind it."""
    return host_of(endpoint) is not None


def host_of(endpoint: str) -> str | None:
    """Where messages for it go, with a port other than 443; None if it is no known push service.

    Read as the client that connects reads it: parsers differ about where a host ends (RFC 3986, WHATWG URL), and a
    host that only one of them sees is no host that was checked.
    """
    from urllib3.exceptions import LocationParseError  # noqa: PLC0415  # slow to load
    from urllib3.util import parse_url  # noqa: PLC0415

    if not PLAIN_ADDRESS.fullmatch(endpoint) or "\\" in endpoint:
        return None
    try:
        address = parse_url(endpoint)
    except LocationParseError:
        return None
    if address.scheme != "https" or address.auth is not None or not PLAIN_HOST.fullmatch(address.host or ""):
        return None
    host = f"{address.host}" if address.port in (None, 443) else f"{address.host}:{address.port}"
    return host if any(fnmatchcase(host, name) for name in settings.PUSH_HOSTS) else None


def is_public_key(p256dh: str) -> bool:
    """A point of the curve P-256, as browsers give it."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  # slow to load

    try:
        raw = decoded(p256dh)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except (UnusableKey, ValueError):
        return False
    return len(raw) == POINT_BYTES


def is_secret(auth: str) -> bool:
    try:
        return len(decoded(auth)) == SECRET_BYTES
    except UnusableKey:
        return False
