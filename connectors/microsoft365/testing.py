"""What a test of the connection looks at: each thing on its own, so that the answer says exactly what is missing."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.base.enums import FindingState
from connectors.base.failures import CredentialsRefused, Failure, Gone, PermissionMissing
from connectors.base.kinds import Finding
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.microsoft365.graph import Graph
from connectors.microsoft365.identity import Tokens

INBOX = "/users/{user-id}/mailFolders/{mailFolder-id}"
READS = "Mail.ReadWrite"
NEEDED = (READS, "Mail.Send")
"""Application permissions that mail needs; Mail.Read is enough to look at it."""
OUT_OF_SCOPE = Said("ms_mailbox_scope")
SHORT: Mapping[str, Any] = {"attempts": 1, "patience": 10.0}
"""A test is repeated by itself, and by whoever presses the button; a worker's other work waits for it."""
FINE, MISSING, FAILED = FindingState.FINE, FindingState.MISSING, FindingState.FAILED
UNCLEAR = FindingState.UNCLEAR


def look_over(connection: Connection) -> Iterator[Finding]:
    """Signing in, the permissions that the token names, one mailbox that is ours and one that is not."""
    signing_in = Said("ms_signs_in")
    try:
        roles = roles_of(Tokens(connection).headers()["Authorization"].removeprefix("Bearer "))
    except CredentialsRefused as failure:
        yield Finding(MISSING, signing_in, failure.said)
        return
    except Failure as failure:
        yield Finding(FAILED, signing_in, failure.said)
        return
    yield Finding(FINE, signing_in)
    mailbox = connection.settings.get("mailbox")
    reading = _reading(Graph(connection, **SHORT), mailbox) if mailbox else None
    yield from _permissions(roles or frozenset(), is_closed=reading is not None and reading.cure == OUT_OF_SCOPE)
    if reading is not None:
        yield reading
    if foreign := connection.settings.get("foreign_mailbox"):
        yield _staying_out(Graph(connection, watcher=Unconcerned(), **SHORT), foreign)


def _permissions(roles: frozenset[str], *, is_closed: bool) -> Iterator[Finding]:
    """A role that is scoped by RBAC for Applications stands in no token: one that is not there proves nothing, unless
    our own mailbox `is_closed`.
    """
    for permission in NEEDED:
        facts = {"permission": permission}
        what = Said("ms_permission", facts)
        if permission in roles:
            yield Finding(FINE, what)
        elif is_closed and permission == READS:
            yield Finding(MISSING, what, Said("ms_grant", facts))
        else:
            yield Finding(UNCLEAR, what, Said("ms_grant_scoped", facts))


def _reading(graph: Graph, mailbox: str) -> Finding:
    what = Said("ms_mailbox", {"mailbox": mailbox})
    try:
        graph.get(INBOX, {"user-id": mailbox, "mailFolder-id": "inbox"}, query={"$select": "id,totalItemCount"})
    except PermissionMissing:
        return Finding(MISSING, what, OUT_OF_SCOPE)
    except Gone:
        return Finding(MISSING, what, Said("ms_mailbox_unknown"))
    except Failure as failure:
        return Finding(FAILED, what, failure.said)
    return Finding(FINE, what)


class Unconcerned:
    """What ought to fail is no failure of the connection."""

    def succeeded(self) -> None: ...

    def failed(self, failure: Failure) -> None: ...


def _staying_out(graph: Graph, mailbox: str) -> Finding:
    what = Said("ms_forbidden_mailbox", {"mailbox": mailbox})
    try:
        graph.get(INBOX, {"user-id": mailbox, "mailFolder-id": "inbox"}, query={"$select": "id"})
    except PermissionMissing:
        return Finding(FINE, what)
    except Failure as failure:
        return Finding(FAILED, what, failure.said)
    return Finding(MISSING, what, Said("ms_too_open"))


def roles_of(token: str) -> frozenset[str] | None:
    """Application permissions that an access token names; None if it cannot be read, as its form is not promised."""
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return frozenset(map(str, claims.get("roles", ())))
    except (IndexError, ValueError, binascii.Error, AttributeError, TypeError):
        return None
