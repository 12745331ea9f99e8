"""What statuses mean unless a vendor says otherwise (integrations.md section 0)."""

from typing import TYPE_CHECKING

from connectors.base.failures import (
    Ambiguous,
    CredentialsRefused,
    Failure,
    Gone,
    PermissionMissing,
    RefusedForGood,
    Transient,
)
from connectors.base.sentences import Said

if TYPE_CHECKING:
    from connectors.base.client import Request
    from connectors.base.wire import Answer

PATIENCE = frozenset({425, 429, 503})
"""Nothing was done, and that is said; 429 and 503 ask for patience."""
UNCLEAR = frozenset({408, 500, 502, 504})
"""A gateway or a fault in mid-work: what may not be repeated may have been done."""
KEPT_BODY = 2000
"""Characters of a refusal that are kept with what was refused."""


class Plain:
    def failure_of(self, answer: "Answer", request: "Request") -> Failure | None:
        status, host = answer.status, answer.host
        if 200 <= status < 300:
            return None
        facts: dict[str, str | int] = {"host": host, "status": status}
        if status == 401:
            return CredentialsRefused(Said("unauthorised", facts), status=status)
        if status == 403:
            return PermissionMissing(Said("forbidden", facts), status=status)
        if status in (404, 410):
            return Gone(Said("gone", facts), status=status)
        if status in PATIENCE or status in UNCLEAR:
            return self.healing(status, facts, request)
        said = Said("elsewhere" if status < 400 else "refused", facts)
        return RefusedForGood(said, status=status, body=answer.body.decode(errors="replace")[:KEPT_BODY])

    def healing(self, status: int, facts: dict[str, str | int], request: "Request") -> Failure:
        if status in UNCLEAR and not request.may_repeat:
            return Ambiguous(Said("broken", facts), status=status)
        is_busy = status in (425, 429)
        return Transient(Said("busy" if is_busy else "broken", facts), is_breaking=not is_busy, status=status)

    def scope_of_pause(self, answer: "Answer", request: "Request") -> str | None:
        return request.scope

    def request_id(self, answer: "Answer") -> str:
        return answer.headers.get("x-request-id", "")[:100]
