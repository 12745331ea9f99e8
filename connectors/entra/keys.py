"""Microsoft's public keys for a tenant (RFC 7517), kept in the process."""

import json
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from connectors.base.failures import RefusedForGood
from connectors.base.sentences import Said
from connectors.entra.wire import Http, authority

if TYPE_CHECKING:
    from jwt import PyJWK

KEEPS_SECONDS = 12 * 3600.0
AGAIN_SECONDS = 60.0
"""A key that is not among them makes us ask anew, but not more often: tokens of strangers cost Microsoft nothing."""


@dataclass(frozen=True)
class _Kept:
    keys: "dict[str, PyJWK]"
    at: float


_kept: dict[str, _Kept] = {}
_lock = Lock()


def address_of(tenant: str) -> str:
    return f"{authority()}/{tenant}/discovery/v2.0/keys"


def key_named(kid: str, *, tenant: str) -> "PyJWK | None":
    """None for one that Microsoft does not name. Raises what `Http` does, RefusedForGood for an answer without keys."""
    address = address_of(tenant)
    with _lock:
        kept = _kept.get(address)
    age = monotonic() - kept.at if kept else KEEPS_SECONDS
    if kept is None or age >= KEEPS_SECONDS or (kid not in kept.keys and age >= AGAIN_SECONDS):
        kept = _Kept(_asked(address), monotonic())
        with _lock:
            _kept[address] = kept
    return kept.keys.get(kid)


def forget() -> None:
    """For tests, and for a look at what Microsoft says now."""
    with _lock:
        _kept.clear()


def _asked(address: str) -> "dict[str, PyJWK]":
    from jwt import PyJWKSet  # noqa: PLC0415  # slow to load
    from jwt.exceptions import PyJWTError  # noqa: PLC0415

    try:
        found = PyJWKSet.from_dict(json.loads(Http().get(address).text))
    except (PyJWTError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise RefusedForGood(Said("entra_no_keys")) from error
    return {key.key_id: key for key in found.keys if key.key_id and key.key_type == "RSA"}
