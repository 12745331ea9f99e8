"""Secrets at rest: encrypted with a key of the settings, bound to the row and the name they belong to.

The first key of CONNECTORS_KEYS encrypts, each of them opens; without one the key follows from SECRET_KEY, as do those
of SECRET_KEY_FALLBACKS, which go on opening what was sealed before keys were set. `manage.py seal_connections` seals
everything anew with the first one, after which the others can go.
"""

import base64
import binascii
import json
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.utils.encoding import force_bytes

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

PURPOSE = b"itilnext secrets of connections"
KEY_BYTES = 32


class UnusableKey(ValueError):
    """CONNECTORS_KEYS holds what is no key."""


class NotOpened(ValueError):
    """Sealed with a key we do not have, or for another row or name."""


def seal(secret: str, *, row_id: UUID, name: str) -> str:
    """What may be stored. Raises UnusableKey."""
    whole = json.dumps([str(row_id), name, secret])
    return _keys().encrypt(whole.encode()).decode()


def open_sealed(sealed: str, *, row_id: UUID, name: str) -> str:
    """The secret. Raises NotOpened, UnusableKey."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415  # slow to load

    try:
        row, kept_name, secret = json.loads(_keys().decrypt(sealed.encode()))
    except (InvalidToken, ValueError) as error:
        raise NotOpened from error
    if (row, kept_name) != (str(row_id), name):
        raise NotOpened
    return str(secret)


def check_keys() -> None:
    """Raises UnusableKey."""
    _keys()


def _keys() -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415  # slow to load

    given = [_usable(key) for key in settings.CONNECTORS_KEYS]
    derived = [_derived(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return MultiFernet([Fernet(key) for key in (*given, *derived)])


def _usable(key: str) -> bytes:
    try:
        raw = base64.b64decode(key + "=" * (-len(key) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnusableKey from error
    if len(raw) != KEY_BYTES:
        raise UnusableKey
    return base64.urlsafe_b64encode(raw)


def _derived(secret: str | bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  # slow to load
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    expanded = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=PURPOSE).derive(force_bytes(secret))
    return base64.urlsafe_b64encode(expanded)
