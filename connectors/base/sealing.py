"""Secrets of connections at rest: sealed as `core.sealing` does it, each for its connection and its name."""

from uuid import UUID

from core import sealing
from core.sealing import NotOpened, UnusableKey, check_keys

__all__ = ["NotOpened", "UnusableKey", "check_keys", "open_sealed", "seal"]


def seal(secret: str, *, connection_id: UUID, name: str) -> str:
    """What may be stored. Raises UnusableKey."""
    return sealing.seal(secret, row_id=connection_id, name=name)


def open_sealed(sealed: str, *, connection_id: UUID, name: str) -> str:
    """The secret. Raises NotOpened, UnusableKey."""
    return sealing.open_sealed(sealed, row_id=connection_id, name=name)
