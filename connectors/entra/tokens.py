"""What an ID token says of a person, once everything about it was checked (OpenID Connect Core 3.1.3.7)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from connectors.entra import keys
from connectors.entra.errors import AnswerNotTrusted
from connectors.entra.models import OBJECT_ID
from connectors.entra.wire import authority

ALGORITHM = "RS256"
LEEWAY_SECONDS = 60
REQUIRED = ("iss", "aud", "exp", "iat", "nbf", "sub", "oid", "tid", "nonce")
_ID = re.compile(OBJECT_ID)


@dataclass(frozen=True)
class Claims:
    """`address` is empty unless Microsoft vouches that its domain belongs to who has given it (`xms_edov`)."""

    tenant_id: str
    object_id: str
    address: str
    groups: frozenset[str]
    app_roles: frozenset[str]
    has_more_groups: bool
    """More than the token holds: then `groups` says nothing."""


def read_token(token: str, *, tenant: str, client: str, nonce: str) -> Claims:
    """Raises AnswerNotTrusted with the reason, and what asking for Microsoft's keys raises."""
    values = _verified(token, tenant=tenant, client=client)
    if str(values["tid"]).lower() != tenant.lower():
        raise AnswerNotTrusted("tenant")
    if not compare_digest(str(values["nonce"]).encode(), nonce.encode()):
        raise AnswerNotTrusted("nonce")
    object_id = str(values["oid"]).lower()
    if not _ID.fullmatch(object_id):
        raise AnswerNotTrusted("incomplete")
    return Claims(
        tenant_id=tenant.lower(),
        object_id=object_id,
        address=_vouched_for(values),
        groups=_names(values.get("groups")),
        app_roles=_names(values.get("roles")),
        has_more_groups="groups" in (values.get("_claim_names") or {}) or bool(values.get("hasgroups")),
    )


def _verified(token: str, *, tenant: str, client: str) -> dict[str, Any]:
    import jwt  # noqa: PLC0415  # slow to load

    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise AnswerNotTrusted("form") from error
    if header.get("alg") != ALGORITHM:
        raise AnswerNotTrusted("algorithm")
    key = keys.key_named(str(header.get("kid") or ""), tenant=tenant)
    if key is None:
        raise AnswerNotTrusted("key")
    try:
        values: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=client,
            issuer=f"{authority()}/{tenant}/v2.0",
            leeway=LEEWAY_SECONDS,
            options={"require": list(REQUIRED), "strict_aud": True},
        )
    except jwt.PyJWTError as error:
        raise AnswerNotTrusted(_reason(error)) from error
    return values


def _reason(error: Exception) -> str:
    import jwt  # noqa: PLC0415  # slow to load

    reasons = {
        jwt.InvalidSignatureError: "signature",
        jwt.InvalidAlgorithmError: "algorithm",
        jwt.MissingRequiredClaimError: "incomplete",
        jwt.InvalidAudienceError: "audience",
        jwt.InvalidIssuerError: "issuer",
        jwt.ExpiredSignatureError: "time",
        jwt.ImmatureSignatureError: "time",
        jwt.InvalidIssuedAtError: "time",
    }
    return next((reason for kind, reason in reasons.items() if isinstance(error, kind)), "form")


def _vouched_for(values: Mapping[str, Any]) -> str:
    """`email` alone is whatever somebody has written into their account, and names may change hands."""
    is_vouched_for = values.get("xms_edov") in (True, 1, "1", "true", "True")
    return str(values.get("email") or "").strip().lower() if is_vouched_for else ""


def _names(value: Any) -> frozenset[str]:
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset()
