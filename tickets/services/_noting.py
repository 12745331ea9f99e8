"""Who may write inside: the one answer for notes, calls and marks."""

from accounts.enums import Scope
from accounts.errors import ScopeMissing
from accounts.models import ApiClient
from core.actors import Actor
from tickets import guards
from tickets.errors import RoleForbids
from tickets.models import Ticket
from tickets.policies import may_note


def refuse_unless_may_note(by: Actor, ticket: Ticket) -> None:
    """`ticket` as `lock()` gives it. Raises RoleForbids, ScopeMissing, or what a higher app objects."""
    if not may_note(by, ticket):
        raise ScopeMissing(scope=Scope.NOTES_WRITE) if isinstance(by, ApiClient) else RoleForbids
    if not vars(ticket).get("_has_readers"):
        return
    for guard in guards.note_guards:
        if refusal := guard(by, ticket):
            raise refusal
