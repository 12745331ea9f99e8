"""Where browsers may send us: they name the address, so only push services that are known get anything from us."""

from fnmatch import fnmatch
from urllib.parse import urlsplit

from django.conf import settings

from connectors.push.keys import UnusableKey, decoded

POINT_BYTES, SECRET_BYTES = 65, 16
"""Of a subscription's public key (uncompressed, RFC 8291) and of its secret."""


def is_known(endpoint: str) -> bool:
    """HTTPS at a host of `PUSH_HOSTS`, without a user or a strange port before or behind it."""
    try:
        address = urlsplit(endpoint)
        port = address.port
    except ValueError:
        return False
    host = (address.hostname or "").lower()
    if address.scheme != "https" or address.username is not None or not host:
        return False
    return any(fnmatch(host if port in (None, 443) else f"{host}:{port}", name) for name in settings.PUSH_HOSTS)


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
