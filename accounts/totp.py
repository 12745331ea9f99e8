"""Codes of a second factor that change every 30 seconds (RFC 6238: SHA-1, six digits, as every app expects)."""

import base64
from datetime import datetime
from hmac import compare_digest
from secrets import token_bytes

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
TOLERATED_STEPS = 1
"""Before and after the current one: clocks of phones go wrong by some seconds, people type slowly (RFC 6238, 5.2)."""
ISSUER = "ITIL-NEXT"


def new_secret() -> str:
    """A random secret, in base32, as apps take it."""
    return base64.b32encode(token_bytes(SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of one step, counted from 1970 in `STEP_SECONDS`."""
    from cryptography.hazmat.primitives.hashes import SHA1  # noqa: PLC0415  # slow to load
    from cryptography.hazmat.primitives.twofactor.totp import TOTP  # noqa: PLC0415

    clock = TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303  # as HMAC, by the standard
    return clock.generate(step * STEP_SECONDS).decode()


def step_at(at: datetime) -> int:
    return int(at.timestamp()) // STEP_SECONDS


def matching_step(secret: str, code: str, *, at: datetime, after: int) -> int | None:
    """The step whose code this is; only steps later than `after` count, so that no code is good twice."""
    now = step_at(at)
    found = None
    for step in range(now - TOLERATED_STEPS, now + TOLERATED_STEPS + 1):
        if compare_digest(code_at(secret, step).encode(), code.encode()) and step > after:
            found = step
    return found


def address_for_apps(secret: str, *, account: str) -> str:
    """What the QR code holds: an `otpauth:` address with the secret, for the app alone."""
    from cryptography.hazmat.primitives.hashes import SHA1  # noqa: PLC0415  # slow to load
    from cryptography.hazmat.primitives.twofactor.totp import TOTP  # noqa: PLC0415

    clock = TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303  # as above
    return clock.get_provisioning_uri(account, ISSUER)


def qr_code(address: str) -> str:
    """SVG, to stand in a page; black on white in every scheme, as cameras want it."""
    import segno  # noqa: PLC0415  # of use to this page alone

    made = segno.make(address, error="m", micro=False)
    return str(made.svg_inline(border=4, light="#fff", svgclass=None, lineclass=None, omitsize=True))
