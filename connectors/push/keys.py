"""The installation's pair of keys for push services (VAPID, RFC 8292): they know us by it, and no sign-in."""

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256; a private key is a number from 1 to one below it."""
PURPOSE = b"itilnext web push"


class UnusableKey(ValueError):
    """VAPID_PRIVATE_KEY is no private key."""


def private_key() -> "EllipticCurvePrivateKey":
    """That of VAPID_PRIVATE_KEY, else one that follows from SECRET_KEY. Raises UnusableKey."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  # slow to load

    return ec.derive_private_key(_number(), ec.SECP256R1())


def public_key() -> str:
    """As browsers want it: the uncompressed point, base64url without padding."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415  # slow

    return encoded(private_key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _number() -> int:
    if not settings.VAPID_PRIVATE_KEY:
        return int.from_bytes(hmac.digest(settings.SECRET_KEY.encode(), PURPOSE, hashlib.sha512)) % (ORDER - 1) + 1
    raw = decoded(settings.VAPID_PRIVATE_KEY)
    number = int.from_bytes(raw)
    if len(raw) != 32 or not 1 <= number < ORDER:
        raise UnusableKey
    return number


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Raises UnusableKey."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnusableKey from error
